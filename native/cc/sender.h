#pragma once
#include <sys/uio.h>

#include <cstdint>
#include <span>
#include <string_view>

#include "fd.h"
#include "receipt.h"

// A uevent socket in the network namespace of a process.
// It pins the namespace: close it when the container is gone.
// Where a receipt is given, the kernel notes there, under the note, that it has sent.
class Sender {
 public:
  explicit Sender(int pidfd);

  uint64_t netnsInode() const { return netns_; }
  // To the kernel, which broadcasts it in its namespace; returns after its ack.
  void sendKernel(std::string_view payload, uint32_t uid, uint32_t gid, Receipt* receipt, std::string_view note);
  // Whether the kernel takes events at all; nobody hears of it.
  void probe();
  void sendUdev(std::string_view payload, uint32_t uid, uint32_t gid, Receipt* receipt, std::string_view note);
  void close() { socket_.reset(); }

 private:
  void transmit(mmsghdr& message, std::span<iovec> data, unsigned groups, uint32_t uid, uint32_t gid);
  void awaitAck(uint32_t sequence);

  Fd socket_;
  uint64_t netns_ = 0;
  uint32_t sequence_ = 0;
};
