#include "exits.h"

#include <sys/epoll.h>

#include "thread.h"

Exits& Exits::shared() {
  static Exits* exits = new Exits;  // never destroyed: its thread runs until the process ends
  return *exits;
}

Exits::Exits() : epoll_(check(::epoll_create1(EPOLL_CLOEXEC), "epoll_create1", "process exits")) {
  asSysError([this] { startThread("udevns-exits", [this] { loop(); }).detach(); });
}

uint64_t Exits::watch(int pidfd, std::function<void()> onExit) {
  std::lock_guard lock(mutex_);
  const uint64_t token = next_++;
  epoll_event event{EPOLLIN | EPOLLONESHOT, {.u64 = token}};
  check(::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, pidfd, &event), "epoll_ctl", "pidfd");
  waiting_.emplace(token, std::move(onExit));
  return token;
}

void Exits::cancel(uint64_t token, int pidfd) {
  std::lock_guard lock(mutex_);
  ::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, pidfd, nullptr);
  waiting_.erase(token);
}

void Exits::loop() {
  for (;;) {
    epoll_event events[32];
    const int count = ::epoll_wait(epoll_.get(), events, 32, -1);
    for (int i = 0; i < count; i++) {
      std::lock_guard lock(mutex_);
      // A token cancelled meanwhile is simply not found; descriptors are never compared.
      auto found = waiting_.extract(events[i].data.u64);
      if (found) found.mapped()();
    }
  }
}
