#pragma once
#include <sys/socket.h>

#include <cstdint>
#include <mutex>

#include "fd.h"

// Keeps datagrams that left the socket, for a successor if this process is killed before it has dealt with them. One write(2)
// each: 32 bytes of length, group, port, pid, uid, gid (32 bits each) and CLOCK_MONOTONIC ns (64 bits), then the datagram.
class Journal {
 public:
  explicit Journal(Fd file) : file_(std::move(file)) {}

  // Held by the reader while it receives, so that nothing is erased that was written meanwhile.
  std::mutex& mutex() { return mutex_; }
  void write(const msghdr& message, size_t length, uint64_t receivedAtNs);
  void erase();

 private:
  // A bus that is away for hours must not fill /run; past it the bound queues and the scan of /sys behind them have to do.
  static constexpr size_t limit = size_t(64) << 20;

  Fd file_;  // O_APPEND
  size_t written_ = 0;
  std::mutex mutex_;
};
