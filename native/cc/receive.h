#pragma once
#include <sys/socket.h>

#include <array>
#include <memory>

#include <linux/netlink.h>

#include "journal.h"
#include "reader.h"

// Null when the sender's are not with the message.
const ucred* credentialsOf(const msghdr& message);
uint64_t monotonicNs();

// The buffers of one recvmmsg(2). A kernel uevent stays below 4 KiB, one of udev with a long
// property list can be larger; memory not touched costs nothing.
class ReceiveBuffers {
 public:
  ReceiveBuffers();
  // How many datagrams came, or -1 with errno. Never waits.
  int receive(int fd);
  // The same, with each written down before it leaves the socket: at no moment is it in neither.
  int receive(int fd, Journal& journal);
  // The first `limit` of `count` datagrams; a truncated one is left out and counted.
  Batch pack(int count, size_t limit, size_t& truncated, size_t& dropped) const;

 private:
  void prepare();

  static constexpr int slots = 64;
  static constexpr size_t slotBytes = 32 * 1024;
  struct Slot {
    sockaddr_nl from;
    iovec data;
    alignas(cmsghdr) char control[CMSG_SPACE(sizeof(ucred))];
  };

  std::unique_ptr<char[]> memory_;
  std::array<Slot, slots> slots_{};
  std::array<mmsghdr, slots> messages_{};
};
