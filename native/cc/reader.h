#pragma once
#include <atomic>
#include <cstdint>
#include <memory>
#include <thread>
#include <vector>

#include "dispatcher.h"
#include "fd.h"
#include "journal.h"

class Monitor;
class ReceiveBuffers;

// Datagrams read by one recvmmsg(2), packed: `fields` has six numbers for each (see Field).
struct Batch {
  enum Field { Length, Group, PortId, Pid, Uid, Gid, FieldCount };
  std::vector<char> bytes;
  std::vector<double> fields;
  uint64_t receivedAtNs = 0;  // CLOCK_MONOTONIC
  size_t count() const { return fields.size() / FieldCount; }
};

// The thread behind a monitor: it empties the socket while JavaScript is busy, into a bounded queue.
class Reader : public std::enable_shared_from_this<Reader> {
 public:
  struct Stats {
    std::atomic<uint64_t> received{0}, batches{0}, socketOverflows{0}, queueDropped{0}, truncated{0};
  };

  // `journal` may be empty.
  Reader(int fd, size_t maxQueued, Fd journal, std::shared_ptr<Dispatcher> dispatcher, Monitor* owner);
  void start();  // takes the socket over when it succeeds
  void stop();  // JavaScript thread; returns once the thread has ended

  const Stats& stats() const { return stats_; }
  // Erases the journal, unless more than `received` datagrams have come by now.
  void eraseJournal(uint64_t received);

 private:
  void loop();
  int receive(ReceiveBuffers& buffers);
  void accept(Batch batch);
  void noteSocketDrops(bool overflowed);
  void postLosses();

  const int fd_;
  Fd socket_;  // owns fd_ once started
  Fd wake_;
  std::unique_ptr<Journal> journal_;
  const size_t maxQueued_;
  const std::shared_ptr<Dispatcher> dispatcher_;
  std::thread thread_;
  Stats stats_;
  unsigned dropsSeen_ = 0;  // an adopted socket's earlier losses count as ours: nobody is left to tell
  std::atomic<size_t> queued_{0};
  std::atomic<uint64_t> lostInSocket_{0}, lostInQueue_{0};
  std::atomic<bool> overflowed_{false}, lossPosted_{false};
  Monitor* owner_;  // touched on the JavaScript thread only; null once stopped
};
