#include "place.h"

#include <sys/stat.h>

#include "syscalls.h"

namespace {
bool plain(const std::string& component) {
  return !component.empty() && component != "." && component != ".." && component.find('\0') == std::string::npos;
}

void checkPath(const std::string& path) {
  for (size_t start = 0;;) {
    const size_t end = path.find('/', start);
    if (!plain(path.substr(start, end - start))) fail("path", path, EINVAL);
    if (end == std::string::npos) return;
    start = end + 1;
  }
}
}  // namespace

Fd Place::parentOf(const std::string& path, std::string& name) const {
  checkPath(path);
  const size_t slash = path.rfind('/');
  name = slash == std::string::npos ? path : path.substr(slash + 1);
  const std::string parent = slash == std::string::npos ? "." : path.substr(0, slash);
  const open_how how{.flags = O_PATH | O_DIRECTORY | O_CLOEXEC,
                     .resolve = RESOLVE_IN_ROOT | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS};
  for (int attempt = 0;; attempt++) {
    const int fd = sys::openat2(root_.get(), parent.c_str(), how);
    if (fd >= 0) return Fd(fd);
    // EAGAIN: a rename or mount raced with the walk; openat2(2) says try again.
    if (errno != EINTR && (errno != EAGAIN || attempt == 32)) fail("openat2", path);
  }
}

Fd Place::parentToMakeIn(const std::string& path, std::string& name) const {
  Fd parent = parentOf(path, name);
  checkMaking(parent, path);
  return parent;
}

Fd Place::reopen(const Fd& fd, int flags, const std::string& path) const {
  const std::string number = std::to_string(fd.get());
  return Fd(check(::openat(ourFds_.get(), number.c_str(), flags | O_CLOEXEC), "openat", path));
}

void Place::setOwner(const Fd& fd, unsigned uid, unsigned gid, const std::string& path) const {
  check(::fchownat(fd.get(), "", uid, gid, AT_EMPTY_PATH), "fchownat", path);
}

void Place::setMode(const Fd& fd, unsigned mode, const std::string& path) const {
  // fchmod(2) refuses O_PATH descriptors; the magic link in /proc/self/fd leads to the same inode.
  check(::fchmodat(ourFds_.get(), std::to_string(fd.get()).c_str(), mode, 0), "fchmodat", path);
}
