#pragma once
// Calls that glibc 2.36 or musl has no wrapper for (or, pidfd.h, one without extern "C").
#include <linux/kcmp.h>
#include <linux/mount.h>
#include <linux/openat2.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

namespace sys {
inline int pidfdOpen(pid_t pid, unsigned flags) { return static_cast<int>(::syscall(SYS_pidfd_open, pid, flags)); }
inline int pidfdGetfd(int pidfd, int fd) { return static_cast<int>(::syscall(SYS_pidfd_getfd, pidfd, fd, 0)); }
// 0: both threads have the same one.
inline int kcmp(pid_t a, pid_t b, int what) { return static_cast<int>(::syscall(SYS_kcmp, a, b, what, 0, 0)); }
inline int openat2(int dir, const char* path, const open_how& how) {
  return static_cast<int>(::syscall(SYS_openat2, dir, path, &how, sizeof how));
}
inline int openTree(int dir, const char* path, unsigned flags) {
  return static_cast<int>(::syscall(SYS_open_tree, dir, path, flags));
}
inline int moveMount(int fromDir, const char* from, int toDir, const char* to, unsigned flags) {
  return static_cast<int>(::syscall(SYS_move_mount, fromDir, from, toDir, to, flags));
}
}  // namespace sys
