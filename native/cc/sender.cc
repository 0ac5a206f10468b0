// openSender, probeSender, sendKernel, sendUdev, senderNetns, closeSender.
#include "sender.h"

#include <linux/netlink.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <cstring>

#include "install.h"
#include "js.h"
#include "netlink.h"
#include "netns.h"

namespace {
constexpr uint16_t ueventSend = 16;  // any type ≥ NLMSG_MIN_TYPE; LXD's number
const sockaddr_nl toKernel{.nl_family = AF_NETLINK};
}  // namespace

Sender::Sender(int pidfd) {
  inNetworkNamespace(pidfd, [this] {
    struct stat seen;
    check(::stat("/proc/thread-self/ns/net", &seen), "stat", "/proc/thread-self/ns/net");
    netns_ = seen.st_ino;
    socket_.reset(check(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_KOBJECT_UEVENT), "socket", "uevent sender"));
    const int on = 1;  // an ack without the echo of what we sent, netlink(7)
    check(::setsockopt(socket_.get(), SOL_NETLINK, NETLINK_CAP_ACK, &on, sizeof on), "setsockopt", "NETLINK_CAP_ACK");
    // Connected to port 0, the socket refuses datagrams of user space (netlink_getsockbyportid in
    // net/netlink/af_netlink.c): root in the container can neither forge an ack nor fill our buffer.
    check(::connect(socket_.get(), reinterpret_cast<const sockaddr*>(&toKernel), sizeof toKernel), "connect",
          "uevent sender");
  });
}

void Sender::transmit(mmsghdr& message, std::span<iovec> data, unsigned groups, uint32_t uid, uint32_t gid) {
  sockaddr_nl to = toKernel;
  to.nl_groups = groups;
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(ucred))] = {};
  message.msg_hdr = {&to, sizeof to, data.data(), data.size(), control, sizeof control, 0};
  auto* header = CMSG_FIRSTHDR(&message.msg_hdr);
  header->cmsg_level = SOL_SOCKET;
  header->cmsg_type = SCM_CREDENTIALS;
  header->cmsg_len = CMSG_LEN(sizeof(ucred));
  // The receiver sees these ids through its user namespace; udevd wants 0 there. pid must exist: ESRCH.
  const ucred credentials{::getpid(), uid, gid};
  std::memcpy(CMSG_DATA(header), &credentials, sizeof credentials);
  while (::sendmmsg(socket_.get(), &message, 1, 0) < 0)
    if (errno != EINTR) fail("sendmmsg", groups ? "udev group" : "kernel group");
}

// The kernel answers inside sendmsg(2) (netlink_unicast_kernel), so the ack is there already.
void Sender::awaitAck(uint32_t sequence) {
  for (;;) {
    struct {
      nlmsghdr header;
      nlmsgerr error;
    } reply;
    const ssize_t size = ::recv(socket_.get(), &reply, sizeof reply, MSG_DONTWAIT);
    if (size < 0 && errno == EINTR) continue;
    check(size, "recv", "ack of a uevent");
    if (size < ssize_t(sizeof reply) || reply.header.nlmsg_type != NLMSG_ERROR || reply.header.nlmsg_seq != sequence) continue;
    if (reply.error.error != 0) fail("uevent_net_rcv", "kernel group", -reply.error.error);
    return;
  }
}

void Sender::sendKernel(std::string_view payload, uint32_t uid, uint32_t gid, Receipt* receipt, std::string_view note) {
  // Without NLM_F_REQUEST the kernel acks and delivers nothing, netlink_rcv_skb().
  nlmsghdr header{uint32_t(sizeof header + payload.size()), ueventSend, NLM_F_REQUEST | NLM_F_ACK, ++sequence_, 0};
  iovec data[] = {{&header, sizeof header}, {const_cast<char*>(payload.data()), payload.size()}};
  mmsghdr own{};
  transmit(receipt ? receipt->message(note) : own, data, 0, uid, gid);
  awaitAck(header.nlmsg_seq);
}

void Sender::probe() {
  // Before 4.18 the uevent socket takes nothing and the send fails; since then a message without work is just acked.
  nlmsghdr header{sizeof header, NLMSG_NOOP, NLM_F_REQUEST | NLM_F_ACK, ++sequence_, 0};
  iovec data[] = {{&header, sizeof header}};
  mmsghdr message{};
  transmit(message, data, 0, ::getuid(), ::getgid());
  awaitAck(header.nlmsg_seq);
}

void Sender::sendUdev(std::string_view payload, uint32_t uid, uint32_t gid, Receipt* receipt, std::string_view note) {
  iovec data[] = {{const_cast<char*>(payload.data()), payload.size()}};
  mmsghdr own{};
  transmit(receipt ? receipt->message(note) : own, data, netlink::udevGroup, uid, gid);
}

namespace {
// (pidfd)
Napi::Value openSender(const Napi::CallbackInfo& info) {
  return js::handle(info.Env(), std::make_unique<Sender>(js::integer(info[0])));
}

Napi::Value probeSender(const Napi::CallbackInfo& info) {
  js::from<Sender>(info[0]).probe();
  return info.Env().Undefined();
}

// (sender, payload, uid, gid, receipt?, note)
template <void (Sender::*send)(std::string_view, uint32_t, uint32_t, Receipt*, std::string_view)>
Napi::Value sendWith(const Napi::CallbackInfo& info) {
  const auto [receipt, note] = receiptOf(info, 4);
  (js::from<Sender>(info[0]).*send)(js::bytes(info[1]), info[2].ToNumber().Uint32Value(),
                                    info[3].ToNumber().Uint32Value(), receipt, note);
  return info.Env().Undefined();
}

Napi::Value senderNetns(const Napi::CallbackInfo& info) {
  return Napi::BigInt::New(info.Env(), js::from<Sender>(info[0]).netnsInode());
}

Napi::Value closeSender(const Napi::CallbackInfo& info) {
  js::from<Sender>(info[0]).close();
  return info.Env().Undefined();
}
}  // namespace

void installSender(Napi::Object& exports) {
  js::add<openSender>(exports, "openSender");
  js::add<probeSender>(exports, "probeSender");
  js::add<sendWith<&Sender::sendKernel>>(exports, "sendKernel");
  js::add<sendWith<&Sender::sendUdev>>(exports, "sendUdev");
  js::add<senderNetns>(exports, "senderNetns");
  js::add<closeSender>(exports, "closeSender");
}
