#include "journal.h"

#include <linux/netlink.h>
#include <sys/uio.h>

#include "receive.h"

namespace {
struct Header {
  uint32_t length, group, portId;
  int32_t pid;
  uint32_t uid, gid;
  uint64_t receivedAtNs;
};
static_assert(sizeof(Header) == 32);
}  // namespace

void Journal::write(const msghdr& message, size_t length, uint64_t receivedAtNs) {
  if (written_ > limit) return;
  const auto* from = static_cast<const sockaddr_nl*>(message.msg_name);
  const auto* sender = credentialsOf(message);
  Header header{uint32_t(length),
                from->nl_groups,
                from->nl_pid,
                sender ? sender->pid : -1,
                sender ? sender->uid : uint32_t(-1),
                sender ? sender->gid : uint32_t(-1),
                receivedAtNs};
  const iovec parts[] = {{&header, sizeof header}, {message.msg_iov->iov_base, length}};
  written_ += size_t(check(::writev(file_.get(), parts, 2), "writev", "uevent journal"));
}

void Journal::erase() {
  check(::ftruncate(file_.get(), 0), "ftruncate", "uevent journal");
  written_ = 0;
}
