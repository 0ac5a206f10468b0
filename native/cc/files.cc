// openat2, closeFd, mountTmpfs, unmount: in our own mount namespace, on the calling thread.
#include <sys/mount.h>

#include "fd.h"
#include "install.h"
#include "js.h"
#include "syscalls.h"

namespace {
// (dirFd, path, flags, resolve, mode)
Napi::Value openat2(const Napi::CallbackInfo& info) {
  const auto path = info[1].ToString().Utf8Value();
  const open_how how{.flags = info[2].ToNumber().Uint32Value() | O_CLOEXEC,
                     .mode = info[4].ToNumber().Uint32Value(),
                     .resolve = info[3].ToNumber().Uint32Value()};
  return Napi::Number::New(info.Env(), check(sys::openat2(js::integer(info[0]), path.c_str(), how), "openat2", path));
}

Napi::Value closeFd(const Napi::CallbackInfo& info) {
  const int fd = js::integer(info[0]);
  if (::close(fd) < 0 && errno != EINTR) fail("close", std::to_string(fd));  // close(2): EINTR has closed it
  return info.Env().Undefined();
}

// (path, options): for device nodes, so not MS_NODEV.
Napi::Value mountTmpfs(const Napi::CallbackInfo& info) {
  const auto path = info[0].ToString().Utf8Value();
  const auto options = info[1].ToString().Utf8Value();
  check(::mount("udevns", path.c_str(), "tmpfs", MS_NOSUID | MS_NOEXEC, options.c_str()), "mount", path);
  return info.Env().Undefined();
}

// (path, detach)
Napi::Value unmount(const Napi::CallbackInfo& info) {
  const auto path = info[0].ToString().Utf8Value();
  const int flags = UMOUNT_NOFOLLOW | (info[1].ToBoolean() ? MNT_DETACH : 0);
  check(::umount2(path.c_str(), flags), "umount2", path);
  return info.Env().Undefined();
}
}  // namespace

void installFiles(Napi::Object& exports) {
  js::add<openat2>(exports, "openat2");
  js::add<closeFd>(exports, "closeFd");
  js::add<mountTmpfs>(exports, "mountTmpfs");
  js::add<unmount>(exports, "unmount");
}
