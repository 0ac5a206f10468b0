#include "receive.h"

#include <ctime>

const ucred* credentialsOf(const msghdr& message) {
  auto* header = CMSG_FIRSTHDR(&message);
  const bool found = header && header->cmsg_level == SOL_SOCKET && header->cmsg_type == SCM_CREDENTIALS;
  return found ? reinterpret_cast<const ucred*>(CMSG_DATA(header)) : nullptr;
}

uint64_t monotonicNs() {
  timespec now;
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return uint64_t(now.tv_sec) * 1'000'000'000u + uint64_t(now.tv_nsec);
}

ReceiveBuffers::ReceiveBuffers() : memory_(new char[slots * slotBytes]) {
  for (int i = 0; i < slots; i++) slots_[i].data = {memory_.get() + i * slotBytes, slotBytes};
}

void ReceiveBuffers::prepare() {
  for (int i = 0; i < slots; i++) {  // the kernel overwrote the lengths last time
    auto& slot = slots_[i];
    messages_[i].msg_hdr = {&slot.from, sizeof slot.from, &slot.data, 1, slot.control, sizeof slot.control, 0};
  }
}

int ReceiveBuffers::receive(int fd) {
  prepare();
  return ::recvmmsg(fd, messages_.data(), slots, MSG_DONTWAIT, nullptr);
}

int ReceiveBuffers::receive(int fd, Journal& journal) {
  prepare();
  for (int count = 0; count < slots; count++) {
    auto& message = messages_[count].msg_hdr;
    const ssize_t length = ::recvmsg(fd, &message, MSG_PEEK | MSG_DONTWAIT);
    if (length < 0) return count > 0 ? count : -1;
    messages_[count].msg_len = unsigned(length);
    journal.write(message, size_t(length), monotonicNs());
    // An overflow is reported in place of a datagram, and once.
    while (::recv(fd, nullptr, 0, MSG_DONTWAIT) < 0 && (errno == EINTR || errno == ENOBUFS)) continue;
  }
  return slots;
}

Batch ReceiveBuffers::pack(int count, size_t limit, size_t& truncated, size_t& dropped) const {
  Batch batch;
  batch.receivedAtNs = monotonicNs();
  batch.fields.reserve(size_t(count) * Batch::FieldCount);
  for (int i = 0; i < count; i++) {
    const auto& message = messages_[i];
    if (message.msg_hdr.msg_flags & MSG_TRUNC) {
      truncated++;
      continue;
    }
    if (batch.count() == limit) {
      dropped++;
      continue;
    }
    const auto* data = static_cast<const char*>(slots_[i].data.iov_base);
    batch.bytes.insert(batch.bytes.end(), data, data + message.msg_len);
    const auto* sender = credentialsOf(message.msg_hdr);
    for (double field : {double(message.msg_len), double(slots_[i].from.nl_groups), double(slots_[i].from.nl_pid),
                         sender ? double(sender->pid) : -1.0, sender ? double(sender->uid) : -1.0,
                         sender ? double(sender->gid) : -1.0})
      batch.fields.push_back(field);
  }
  return batch;
}
