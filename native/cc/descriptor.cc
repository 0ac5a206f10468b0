#include "descriptor.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>

#include <cstring>

namespace {
constexpr int backlog = 8;

sockaddr_un addressOf(const std::string& path) {
  sockaddr_un address{.sun_family = AF_UNIX};
  if (path.empty() || path.size() >= sizeof address.sun_path) fail("bind", path, ENAMETOOLONG);
  std::memcpy(address.sun_path, path.data(), path.size());
  return address;
}

Fd newSocket() { return Fd(check(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket", "unix")); }

bool isOurUser(int connection) {
  ucred peer{};
  socklen_t size = sizeof peer;
  check(::getsockopt(connection, SOL_SOCKET, SO_PEERCRED, &peer, &size), "getsockopt", "SO_PEERCRED");
  return peer.uid == ::geteuid();
}

void setPatience(int connection) {
  const timeval patience{.tv_sec = 2};
  for (int name : {SO_RCVTIMEO, SO_SNDTIMEO})
    check(::setsockopt(connection, SOL_SOCKET, name, &patience, sizeof patience), "setsockopt", "timeout");
}

// One character, and room for one descriptor.
struct Wire {
  char word = 0;
  iovec data{&word, 1};
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {};
  msghdr header{.msg_iov = &data, .msg_iovlen = 1, .msg_control = control, .msg_controllen = CMSG_LEN(sizeof(int))};
};
}  // namespace

Fd descriptor::listenAt(const std::string& path) {
  auto address = addressOf(path);
  auto listener = newSocket();
  ::unlink(path.c_str());
  const mode_t mask = ::umask(0177);
  const int bound = ::bind(listener.get(), reinterpret_cast<sockaddr*>(&address), sizeof address);
  ::umask(mask);
  check(bound, "bind", path);
  check(::listen(listener.get(), backlog), "listen", path);
  return listener;
}

Fd descriptor::connectTo(const std::string& path) {
  auto address = addressOf(path);
  auto connection = newSocket();
  setPatience(connection.get());
  check(::connect(connection.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), "connect", path);
  if (!isOurUser(connection.get())) fail("connect", path, EACCES);
  return connection;
}

Fd descriptor::acceptFrom(int listener) {
  Fd connection(check(::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC), "accept4", "unix"));
  if (!isOurUser(connection.get())) return Fd();
  setPatience(connection.get());
  return connection;
}

void descriptor::send(int connection, char word, int fd) {
  Wire message{.word = word};
  if (fd < 0) {
    message.header.msg_control = nullptr;
    message.header.msg_controllen = 0;
  } else {
    cmsghdr* part = CMSG_FIRSTHDR(&message.header);
    part->cmsg_level = SOL_SOCKET;
    part->cmsg_type = SCM_RIGHTS;
    part->cmsg_len = CMSG_LEN(sizeof fd);
    std::memcpy(CMSG_DATA(part), &fd, sizeof fd);
  }
  check(::sendmsg(connection, &message.header, MSG_NOSIGNAL), "sendmsg", "unix");
}

descriptor::Message descriptor::receive(int connection) {
  Wire message;
  const auto length = check(::recvmsg(connection, &message.header, MSG_CMSG_CLOEXEC), "recvmsg", "unix");
  if (length == 0) fail("recvmsg", "unix", ECONNRESET);
  const cmsghdr* part = CMSG_FIRSTHDR(&message.header);
  if (part == nullptr || part->cmsg_level != SOL_SOCKET || part->cmsg_type != SCM_RIGHTS) return {message.word, Fd()};
  int fd = -1;
  std::memcpy(&fd, CMSG_DATA(part), sizeof fd);
  return {message.word, Fd(fd)};
}
