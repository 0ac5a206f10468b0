#pragma once
#include "fd.h"

// NETLINK_KOBJECT_UEVENT sockets, netlink(7). `pidfd` < 0: our own network namespace.
namespace netlink {
inline constexpr unsigned kernelGroup = 1;
inline constexpr unsigned udevGroup = 2;

Fd openListener(int pidfd, unsigned groups, int receiveBufferBytes, bool inheritable);
// Refuses what is not a uevent socket, and asks for the sender's credentials.
void prepareListener(int fd);
int receiveBufferBytes(int fd);
// Datagrams this socket lost, ever: netlink_overrun() in net/netlink/af_netlink.c counts each.
unsigned dropped(int fd);
}  // namespace netlink
