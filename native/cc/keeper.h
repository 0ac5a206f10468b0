#pragma once
#include <string>
#include <utility>

#include "descriptor.h"

// What is said between udevns-keeper and a capture: one word each, then both keep the connection open, as its end tells the
// other side that this one is gone.
namespace keeper {
// A capture's word: with the socket that it has, or without.
inline constexpr char hello = 'h';
// The keeper's word, with the socket to read: nobody has had it before, or somebody has.
inline constexpr char fresh = 'f';
inline constexpr char used = 'u';

inline std::pair<Fd, descriptor::Message> ask(const std::string& path, int offered) {
  Fd connection = descriptor::connectTo(path);
  descriptor::send(connection.get(), hello, offered);
  auto answer = descriptor::receive(connection.get());
  if (!answer.fd) fail("recvmsg", path, EPROTO);
  return {std::move(connection), std::move(answer)};
}
}  // namespace keeper
