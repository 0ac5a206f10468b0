// moveLink, linkName: network interfaces.
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <sys/socket.h>

#include <cstring>

#include "fd.h"
#include "install.h"
#include "js.h"
#include "netns.h"

namespace {
#ifndef IFLA_NEW_IFINDEX
#define IFLA_NEW_IFINDEX 49  // linux/if_link.h, Linux 5.13; an older kernel passes over it
#endif

// RTM_NEWLINK, rtnetlink(7): the interface of that index goes to another namespace, under this name and index. A name can be
// changed by root in there, an index cannot.
void sendLink(int index, const std::string& name, int target, int newIndex) {
  if (name.empty() || name.size() >= IFNAMSIZ) fail("RTM_NEWLINK", name, EINVAL);
  const Fd socket(check(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE), "socket", "NETLINK_ROUTE"));
  struct {
    nlmsghdr header;
    ifinfomsg link;
    rtattr toNamespace;
    uint32_t descriptor;
    rtattr withIndex;
    uint32_t number;
    rtattr withName;
    char text[IFNAMSIZ];
  } request{};
  request.header.nlmsg_len = sizeof request;
  request.header.nlmsg_type = RTM_NEWLINK;
  request.header.nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
  request.link.ifi_index = index;
  request.toNamespace = {RTA_LENGTH(sizeof request.descriptor), IFLA_NET_NS_FD};
  request.descriptor = static_cast<uint32_t>(target);
  request.withIndex = {RTA_LENGTH(sizeof request.number), IFLA_NEW_IFINDEX};
  request.number = static_cast<uint32_t>(newIndex);
  request.withName = {RTA_LENGTH(sizeof request.text), IFLA_IFNAME};
  std::memcpy(request.text, name.data(), name.size());
  check(::send(socket.get(), &request, sizeof request, 0), "send", name);
  struct {
    nlmsghdr header;
    nlmsgerr error;
    char rest[256];
  } answer{};
  check(::recv(socket.get(), &answer, sizeof answer, 0), "recv", name);
  if (answer.header.nlmsg_type == NLMSG_ERROR && answer.error.error != 0) fail("RTM_NEWLINK", name, -answer.error.error);
}

// (index, name, fd of the namespace it is in, fd of the one it goes to, index there)
Napi::Value moveLink(const Napi::CallbackInfo& info) {
  const int index = js::integer(info[0]), target = js::integer(info[3]), newIndex = js::integer(info[4]);
  const auto name = info[1].ToString().Utf8Value();
  if (index <= 0 || newIndex <= 0) fail("RTM_NEWLINK", name, EINVAL);
  inNetworkNamespace(js::integer(info[2]), [&] { sendLink(index, name, target, newIndex); });
  return info.Env().Undefined();
}

// (fd of a network namespace, index): the name there, or nothing
Napi::Value linkName(const Napi::CallbackInfo& info) {
  char name[IFNAMSIZ] = {};
  const auto index = static_cast<unsigned>(js::integer(info[1]));
  inNetworkNamespace(js::integer(info[0]), [&] {
    if (!::if_indextoname(index, name) && errno != ENXIO) fail("if_indextoname", std::to_string(index));
  });
  return name[0] == 0 ? info.Env().Undefined() : Napi::String::New(info.Env(), name).As<Napi::Value>();
}
}  // namespace

void installDevices(Napi::Object& exports) {
  js::add<moveLink>(exports, "moveLink");
  js::add<linkName>(exports, "linkName");
}
