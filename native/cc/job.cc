#include "job.h"

#include <sched.h>
#include <sys/stat.h>

#include "credentials.h"
#include "pidfd.h"
#include "thread.h"

namespace {
// /proc/<pid> goes by number; if the process behind the pidfd still lives now, the number was its own.
Fd rootOf(const MountTarget& target) {
  const std::string path = "/proc/" + std::to_string(target.pid) + "/root";
  Fd root(::open(path.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  const int number = errno;
  if (processEnded(target.pidfd.get())) fail("open", path, ESRCH);
  if (!root) fail("open", path, number);
  return root;
}
}  // namespace

Place Job::enter() {
  Fd ourFds(check(::open("/proc/self/fd", O_PATH | O_DIRECTORY | O_CLOEXEC), "open", "/proc/self/fd"));
  if (target) root = rootOf(*target);
  for (auto& operation : operations) operation->prepare();
  // setns(2): EINVAL while file system attributes are shared with other threads. Also makes the
  // working directory and umask this thread's own.
  check(::unshare(CLONE_FS), "unshare", "CLONE_FS");
  ::umask(0);
  if (target) {
    check(::setns(target->pidfd.get(), CLONE_NEWNS), "setns", "mount namespace");
    if (target->rootUid != 0 || target->rootGid != 0) createAs(target->rootUid, target->rootGid);
  }
  return Place(std::move(root), std::move(ourFds), target ? std::move(target->confinement) : Confinement{});
}

void Job::run() {
  perform();
  // Here and not when the last owner goes: who sees the result may count descriptors.
  operations.clear();
  target.reset();
  root.reset();
}

void Job::perform() {
  std::optional<Place> place;
  try {
    asSysError([&] { place.emplace(enter()); });
  } catch (const SysError& error) {
    refused = error;
    return;
  }
  for (auto& operation : operations) {
    if (abandoned) return;
    try {
      asSysError([&] { results.emplace_back(operation->run(*place)); });
    } catch (const SysError& error) {
      results.emplace_back(error);
      if (!operation->mayFail) return;
    }
  }
}

void startJob(std::shared_ptr<Job> job, std::function<void()> done) {
  asSysError([&] {
    startThread("udevns-files", [job = std::move(job), done = std::move(done)] {
      job->run();
      done();
    }).detach();
  });
}
