#pragma once
#include <cstdint>
#include <functional>
#include <mutex>
#include <unordered_map>

#include "fd.h"

// One epoll thread for the exits of all watched processes, in all Node environments of this process.
class Exits {
 public:
  static Exits& shared();

  // `onExit` runs once on the epoll thread. A pidfd is readable when its process has ended, pidfd_open(2).
  uint64_t watch(int pidfd, std::function<void()> onExit);
  void cancel(uint64_t token, int pidfd);

 private:
  Exits();
  void loop();

  Fd epoll_;
  std::mutex mutex_;
  std::unordered_map<uint64_t, std::function<void()>> waiting_;
  uint64_t next_ = 1;
};
