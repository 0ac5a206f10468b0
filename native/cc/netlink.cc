#include "netlink.h"

#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <sys/socket.h>

#include "netns.h"

namespace {
void setReceiveBuffer(int fd, int bytes) {
  // FORCE ignores net.core.rmem_max and needs CAP_NET_ADMIN; without it take what is allowed, socket(7).
  if (::setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof bytes) == 0) return;
  check(::setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes), "setsockopt", "SO_RCVBUF");
}

int option(int fd, int name, const char* what) {
  int value = 0;
  socklen_t size = sizeof value;
  check(::getsockopt(fd, SOL_SOCKET, name, &value, &size), "getsockopt", what);
  return value;
}
}  // namespace

Fd netlink::openListener(int pidfd, unsigned groups, int receiveBufferBytes, bool inheritable) {
  Fd fd;
  auto open = [&] {
    const int type = SOCK_RAW | (inheritable ? 0 : SOCK_CLOEXEC);
    fd.reset(check(::socket(AF_NETLINK, type, NETLINK_KOBJECT_UEVENT), "socket", "uevent listener"));
    setReceiveBuffer(fd.get(), receiveBufferBytes);
    prepareListener(fd.get());  // before bind: not one event without credentials
    sockaddr_nl address{.nl_family = AF_NETLINK, .nl_groups = groups};
    check(::bind(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), "bind", "uevent listener");
  };
  if (pidfd < 0)
    open();
  else
    inNetworkNamespace(pidfd, open);
  return fd;
}

void netlink::prepareListener(int fd) {
  if (option(fd, SO_DOMAIN, "listener") != AF_NETLINK || option(fd, SO_PROTOCOL, "listener") != NETLINK_KOBJECT_UEVENT)
    fail("getsockopt", "not a uevent socket", EPROTOTYPE);
  const int on = 1;
  check(::setsockopt(fd, SOL_SOCKET, SO_PASSCRED, &on, sizeof on), "setsockopt", "SO_PASSCRED");
}

int netlink::receiveBufferBytes(int fd) { return option(fd, SO_RCVBUF, "SO_RCVBUF"); }

unsigned netlink::dropped(int fd) {
  unsigned info[SK_MEMINFO_VARS] = {};
  socklen_t size = sizeof info;
  check(::getsockopt(fd, SOL_SOCKET, SO_MEMINFO, info, &size), "getsockopt", "SO_MEMINFO");
  return info[SK_MEMINFO_DROPS];
}
