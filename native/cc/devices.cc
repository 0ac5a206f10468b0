// revokeInput, moveLink: what else a device can be taken away by.
#include <linux/input.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <cstring>

#include "fd.h"
#include "install.h"
#include "js.h"
#include "netns.h"

namespace {
// (fd): every further read, write and ioctl on this open file fails, also for those who share it, drivers/input/evdev.c
Napi::Value revokeInput(const Napi::CallbackInfo& info) {
  check(::ioctl(js::integer(info[0]), EVIOCREVOKE, 0), "ioctl", "EVIOCREVOKE");
  return info.Env().Undefined();
}

// RTM_NEWLINK with IFLA_NET_NS_FD, rtnetlink(7); the kernel takes no pidfd for it.
void moveAway(const std::string& name, int target) {
  const unsigned index = ::if_nametoindex(name.c_str());
  if (index == 0) fail("if_nametoindex", name);
  const Fd socket(check(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE), "socket", "NETLINK_ROUTE"));
  struct {
    nlmsghdr header;
    ifinfomsg link;
    rtattr attribute;
    uint32_t value;
  } request{};
  request.header.nlmsg_len = sizeof request;
  request.header.nlmsg_type = RTM_NEWLINK;
  request.header.nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
  request.link.ifi_index = static_cast<int>(index);
  request.attribute.rta_type = IFLA_NET_NS_FD;
  request.attribute.rta_len = RTA_LENGTH(sizeof request.value);
  request.value = static_cast<uint32_t>(target);
  check(::send(socket.get(), &request, sizeof request, 0), "send", name);
  struct {
    nlmsghdr header;
    nlmsgerr error;
    char rest[256];
  } answer{};
  check(::recv(socket.get(), &answer, sizeof answer, 0), "recv", name);
  if (answer.header.nlmsg_type == NLMSG_ERROR && answer.error.error != 0) fail("RTM_NEWLINK", name, -answer.error.error);
}

// (interface, fd of the namespace it is in, fd of the one it goes to)
Napi::Value moveLink(const Napi::CallbackInfo& info) {
  const auto name = info[0].ToString().Utf8Value();
  const int target = js::integer(info[2]);
  inNetworkNamespace(js::integer(info[1]), [&] { moveAway(name, target); });
  return info.Env().Undefined();
}
}  // namespace

void installDevices(Napi::Object& exports) {
  js::add<revokeInput>(exports, "revokeInput");
  js::add<moveLink>(exports, "moveLink");
}
