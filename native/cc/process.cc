// pidfdOpen, pidfdAlive, netnsOwner, sdNotify.
#include <linux/nsfs.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <cstddef>
#include <cstring>

#include "fd.h"
#include "install.h"
#include "js.h"
#include "netns.h"
#include "pidfd.h"
#include "syscalls.h"

namespace {
Napi::Value pidfdOpen(const Napi::CallbackInfo& info) {
  const int pid = js::integer(info[0]);
  const unsigned flags = info[1].ToBoolean() ? O_EXCL : 0;  // PIDFD_THREAD, include/uapi/linux/pidfd.h, from 6.9 on
  const int fd = check(sys::pidfdOpen(pid, flags), "pidfd_open", std::to_string(pid));  // always close-on-exec
  return Napi::Number::New(info.Env(), fd);
}

Napi::Value pidfdAlive(const Napi::CallbackInfo& info) {
  return Napi::Boolean::New(info.Env(), !processEnded(js::integer(info[0])));
}

// (pidfd): inode of the user namespace that owns the process's network namespace, ioctl_ns(2)
Napi::Value netnsOwner(const Napi::CallbackInfo& info) {
  const auto netns = openNetworkNamespace(js::integer(info[0]));
  const Fd owner(check(::ioctl(netns.get(), NS_GET_USERNS), "ioctl", "NS_GET_USERNS"));
  struct stat seen;
  check(::fstat(owner.get(), &seen), "fstat", "user namespace");
  return Napi::BigInt::New(info.Env(), uint64_t(seen.st_ino));
}

// (socket path, '@' for an abstract one; state), sd_notify(3)
Napi::Value sdNotify(const Napi::CallbackInfo& info) {
  const auto path = info[0].ToString().Utf8Value();
  const auto state = info[1].ToString().Utf8Value();
  sockaddr_un address{.sun_family = AF_UNIX};
  if (path.size() >= sizeof address.sun_path) fail("sendto", path, ENAMETOOLONG);
  std::memcpy(address.sun_path, path.data(), path.size());
  const bool abstract = path[0] == '@';
  if (abstract) address.sun_path[0] = '\0';
  // An abstract name is its bytes, without the terminator, unix(7).
  const auto size = socklen_t(offsetof(sockaddr_un, sun_path) + path.size() + (abstract ? 0 : 1));
  const Fd fd(check(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0), "socket", "notify"));
  check(::sendto(fd.get(), state.data(), state.size(), MSG_NOSIGNAL, reinterpret_cast<sockaddr*>(&address), size), "sendto",
        path);
  return info.Env().Undefined();
}
}  // namespace

void installProcess(Napi::Object& exports) {
  js::add<pidfdOpen>(exports, "pidfdOpen");
  js::add<pidfdAlive>(exports, "pidfdAlive");
  js::add<netnsOwner>(exports, "netnsOwner");
  js::add<sdNotify>(exports, "sdNotify");
}
