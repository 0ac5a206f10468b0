#pragma once
#include <sys/stat.h>

#include <optional>
#include <string>

#include "fd.h"

// Which inode: the only proof that something is still what we made.
struct Identity {
  uint64_t dev;
  uint64_t ino;
  bool operator==(const Identity&) const = default;
};

inline Identity identityOf(const struct stat& seen) { return {seen.st_dev, seen.st_ino}; }

inline struct stat statFd(const Fd& fd, const std::string& path) {
  struct stat seen;
  check(::fstat(fd.get(), &seen), "fstat", path);
  return seen;
}

// What is seen under that name (a mount on top included); nothing when there is no such name.
inline std::optional<struct stat> statName(const Fd& parent, const std::string& name, const std::string& path) {
  struct stat seen;
  if (::fstatat(parent.get(), name.c_str(), &seen, AT_SYMLINK_NOFOLLOW) == 0) return seen;
  if (errno == ENOENT) return std::nullopt;
  fail("fstatat", path);
}

// An O_PATH descriptor of the name itself: opens no device, follows no symlink.
inline Fd openName(const Fd& parent, const std::string& name, const std::string& path) {
  return Fd(check(::openat(parent.get(), name.c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC), "openat", path));
}

// False when the name, or a directory above it, is not there.
template <typename Look>
bool present(Look&& look) {
  try {
    look();
    return true;
  } catch (const SysError& error) {
    if (error.number == ENOENT) return false;
    throw;
  }
}

// After a failure half way: removes what we made, if it is still that.
inline void undo(const Fd& parent, const std::string& name, const Identity& ours, int flags = 0) {
  struct stat seen;
  if (::fstatat(parent.get(), name.c_str(), &seen, AT_SYMLINK_NOFOLLOW) == 0 && identityOf(seen) == ours)
    ::unlinkat(parent.get(), name.c_str(), flags);
}
