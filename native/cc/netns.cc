#include "netns.h"

#include <sched.h>

#include "error.h"
#include "thread.h"

void inNetworkNamespace(int pidfd, const std::function<void()>& work) {
  std::exception_ptr failure;
  asSysError([&] {
    startThread("udevns-netns", [&] {
      try {
        check(::setns(pidfd, CLONE_NEWNET), "setns", "network namespace");  // ESRCH: the process is gone
        work();
      } catch (...) {
        failure = std::current_exception();
      }
    }).join();
  });
  if (failure) std::rethrow_exception(failure);
}

Fd openNetworkNamespace(int pidfd) {
  Fd netns;
  inNetworkNamespace(pidfd, [&] {
    constexpr const char* path = "/proc/thread-self/ns/net";
    netns.reset(check(::open(path, O_RDONLY | O_CLOEXEC), "open", path));
  });
  return netns;
}
