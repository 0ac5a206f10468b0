#pragma once
#include <string>

#include "fd.h"

// Descriptors that change hands over a Unix socket, SCM_RIGHTS of unix(7). Each message is one character with at most one descriptor.
// The path is never one that others may write below, and the other side must have our user id.
namespace descriptor {
Fd listenAt(const std::string& path);
// Refuses, as connect(2) would, a peer of another user.
Fd connectTo(const std::string& path);
// None when the peer is another user's.
Fd acceptFrom(int listener);
struct Message {
  char word = 0;
  Fd fd;
};
// `fd` < 0: none goes with it.
void send(int connection, char word, int fd);
// The peer must speak within two seconds.
Message receive(int connection);
}  // namespace descriptor
