#include "reader.h"

#include <poll.h>
#include <sys/eventfd.h>

#include "monitor.h"
#include "netlink.h"
#include "receive.h"
#include "thread.h"

Reader::Reader(int fd, size_t maxQueued, Fd journal, std::shared_ptr<Dispatcher> dispatcher, Monitor* owner)
    : fd_(fd),
      wake_(check(::eventfd(0, EFD_CLOEXEC), "eventfd", "uevent reader")),
      journal_(journal ? std::make_unique<Journal>(std::move(journal)) : nullptr),
      maxQueued_(maxQueued),
      dispatcher_(std::move(dispatcher)),
      owner_(owner) {}

void Reader::start() {
  asSysError([&] {
    thread_ = startThread("udevns-uevent", [this] {
      try {
        asSysError([this] { loop(); });
      } catch (const SysError& error) {
        dispatcher_->post([self = shared_from_this(), error](Napi::Env env) {
          if (self->owner_) self->owner_->onError(env, error);
        });
      }
    });
  });
  socket_.reset(fd_);
}

void Reader::stop() {
  owner_ = nullptr;
  const uint64_t one = 1;
  if (thread_.joinable() && ::write(wake_.get(), &one, sizeof one) == sizeof one) thread_.join();
  socket_.reset();  // not with the last owner: that waits for garbage collection
  wake_.reset();
}

void Reader::loop() {
  ReceiveBuffers buffers;
  for (;;) {
    pollfd wait[2] = {{fd_, POLLIN, 0}, {wake_.get(), POLLIN, 0}};
    if (::poll(wait, 2, -1) < 0) {
      if (errno == EINTR) continue;
      fail("poll", "uevent socket");
    }
    if (wait[1].revents) return;
    const int count = receive(buffers);
    if (count < 0) {
      if (errno == EAGAIN || errno == EINTR) continue;
      if (errno != ENOBUFS) fail("recvmmsg", "uevent socket");
      noteSocketDrops(true);
      continue;
    }
    const size_t waiting = queued_.load();
    size_t truncated = 0, dropped = 0;
    Batch batch = buffers.pack(count, maxQueued_ > waiting ? maxQueued_ - waiting : 0, truncated, dropped);
    stats_.truncated += truncated;
    stats_.queueDropped += dropped;
    if (batch.count() > 0) accept(std::move(batch));
    if (dropped > 0) lostInQueue_ += dropped;
    if (truncated > 0) lostInSocket_ += truncated;
    noteSocketDrops(false);
  }
}

int Reader::receive(ReceiveBuffers& buffers) {
  std::unique_lock<std::mutex> lock;
  if (journal_) lock = std::unique_lock(journal_->mutex());
  const int count = journal_ ? buffers.receive(fd_, *journal_) : buffers.receive(fd_);
  if (count > 0) stats_.received += size_t(count);
  return count;
}

void Reader::eraseJournal(uint64_t received) {
  if (!journal_) return;
  const std::lock_guard lock(journal_->mutex());
  if (stats_.received == received) journal_->erase();
}

void Reader::accept(Batch batch) {
  stats_.batches++;
  queued_ += batch.count();
  dispatcher_->post([self = shared_from_this(), batch = std::move(batch)](Napi::Env env) {
    self->queued_ -= batch.count();
    if (self->owner_) self->owner_->onEvents(env, batch);
  });
}

// ENOBUFS is reported once per congestion and more may be lost before the next one: the counter is
// the truth, the error only says "look now" (netlink_overrun, net/netlink/af_netlink.c).
void Reader::noteSocketDrops(bool overflowed) {
  const unsigned drops = netlink::dropped(fd_);
  const unsigned lost = drops - dropsSeen_;  // wraps like the kernel's counter
  dropsSeen_ = drops;
  stats_.socketOverflows += lost;
  lostInSocket_ += lost;
  if (overflowed) overflowed_ = true;
  if (overflowed_ || lostInSocket_ > 0 || lostInQueue_ > 0) postLosses();
}

// At most one report waits in JavaScript's queue; what is lost meanwhile is added to it.
void Reader::postLosses() {
  if (lossPosted_.exchange(true)) return;
  dispatcher_->post([self = shared_from_this()](Napi::Env env) {
    self->lossPosted_ = false;
    const bool overflowed = self->overflowed_.exchange(false);
    const uint64_t socket = self->lostInSocket_.exchange(0), queue = self->lostInQueue_.exchange(0);
    if (self->owner_ && (socket > 0 || overflowed)) self->owner_->onOverflow(env, "socket", socket);
    if (self->owner_ && queue > 0) self->owner_->onOverflow(env, "queue", queue);
  });
}
