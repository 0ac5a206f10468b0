// openFiles, revoke: files that other processes have open. In a thread, as their file systems may be anybody's: even the end of a
// copy of a descriptor waits for the file system's answer.
#include <linux/input.h>
#include <sys/ioctl.h>

#include <algorithm>
#include <cstdlib>
#include <optional>

#include "js.h"
#include "operation.h"
#include "proc.h"
#include "syscalls.h"

namespace {
struct Device {
  mode_t type;
  unsigned majorNumber, minorNumber;
  explicit Device(const Napi::Object& from)
      : type(js::text(from, "type") == "b" ? S_IFBLK : S_IFCHR),
        majorNumber(js::natural(from, "major")),
        minorNumber(js::natural(from, "minor")) {}

  // A device's inode knows its number; nobody else is asked (AT_STATX_DONT_SYNC).
  bool is(int directory, const char* name, int flags) const {
    struct statx seen;
    return ::statx(directory, name, flags | AT_STATX_DONT_SYNC | AT_NO_AUTOMOUNT, STATX_TYPE, &seen) == 0 &&
           (seen.stx_mode & S_IFMT) == type && seen.stx_rdev_major == majorNumber &&
           seen.stx_rdev_minor == minorNumber;
  }
};

// Descriptors in the /proc/PID/task/*/fd that are open files of a device. Through the links themselves: the paths that they show may
// be gone, or lead elsewhere for us. Threads may have files of their own (CLONE_FILES), and the first one may have ended.
class OpenFiles : public Operation {
 public:
  explicit OpenFiles(const Napi::Object& from) : Operation(js::text(from, "path")), device_(from) {}

  Fields run(const Place& place) override {
    List entries;
    const bool exists = present([&] { entries = read(place); });
    Fields fields;
    fields.emplace_back("exists", exists);
    fields.emplace_back("entries", std::move(entries));
    return fields;
  }

 private:
  List read(const Place& place) const {
    std::string name;
    const Fd parent = place.parentOf(path_, name);
    const Fd threads(check(::openat(parent.get(), name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC), "openat", path_));
    for (int attempt = 0; attempt < 32; attempt++)
      if (auto entries = filesOf(threads.get())) return std::move(*entries);
    fail("openat", path_, EAGAIN);
  }

  // Nothing where a thread came meanwhile with files that were not looked at: one that has ended may have left it its own.
  std::optional<List> filesOf(int threads) const {
    List entries;
    pid_t last = 0;
    // Where the kernel does not compare (CONFIG_KCMP), the same files are found once more.
    const auto known = [&last](pid_t thread) { return last != 0 && sys::kcmp(last, thread, KCMP_FILES) == 0; };
    const auto before = numbersIn(threads, ".");
    for (const pid_t thread : before)
      if (!known(thread) && addFilesOf(threads, thread, entries)) last = thread;
    for (const pid_t thread : numbersIn(threads, "."))
      if (std::find(before.begin(), before.end(), thread) == before.end() && !known(thread)) return std::nullopt;
    return entries;
  }

  // False where it has ended.
  bool addFilesOf(int threads, pid_t thread, List& entries) const {
    const std::string name = std::to_string(thread) + "/fd";
    Fd fd(::openat(threads, name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (!fd && (errno == ENOENT || errno == ESRCH)) return false;
    if (!fd) fail("openat", name);
    const Dir stream = streamOf(std::move(fd), name);
    while (const dirent* entry = ::readdir(stream.get()))
      if (entry->d_name[0] != '.' && device_.is(::dirfd(stream.get()), entry->d_name, 0)) {
        Fields& found = entries.emplace_back();
        found.emplace_back("thread", double(thread));
        found.emplace_back("fd", std::strtod(entry->d_name, nullptr));
      }
    return true;
  }

  const Device device_;
};

// EVIOCREVOKE, drivers/input/evdev.c: the open file reads and writes no more, whoever shares it. The process may have closed it
// since, and have another file under that number.
class Revoke : public Operation {
 public:
  explicit Revoke(const Napi::Object& from)
      : Operation(js::text(from, "path")),
        pidfd_(Fd::copyOf(js::integer(from, "pidfd"), "pidfd")),
        number_(js::integer(from, "fd")),
        device_(from) {}

  Fields run(const Place&) override {
    const Fd copy(check(sys::pidfdGetfd(pidfd_.get(), number_), "pidfd_getfd", path_));
    const bool same = device_.is(copy.get(), "", AT_EMPTY_PATH);
    if (same) check(::ioctl(copy.get(), EVIOCREVOKE, 0), "ioctl", "EVIOCREVOKE");
    Fields fields;
    fields.emplace_back("revoked", same);
    return fields;
  }

 private:
  const Fd pidfd_;
  const int number_;
  const Device device_;
};
}  // namespace

OperationPtr decodeHeld(const std::string& op, const Napi::Object& from) {
  if (op == "openFiles") return std::make_unique<OpenFiles>(from);
  if (op == "revoke") return std::make_unique<Revoke>(from);
  return nullptr;
}
