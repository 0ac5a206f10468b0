// udevns-keeper PATH BYTES      keeps the host's uevent socket, so that events wait in it while capture is away
// udevns-keeper --check PATH    exit code 0 when one answers there
//
// It never reads the socket. A capture connects and offers the socket that it has, if it has one, and is told which to use:
// so the socket lives as long as one of the two does, and each may be killed or replaced.
#include <poll.h>

#include <cstdio>
#include <cstdlib>
#include <vector>

#include "../cc/keeper.h"
#include "../cc/netlink.h"

namespace {
constexpr size_t mostConnections = 16;

struct Kept {
  Fd socket;
  // Nobody else has had it.
  bool fresh = true;
};

Fd openSocket(int bytes) { return netlink::openListener(-1, netlink::kernelGroup | netlink::udevGroup, bytes, false); }

// What a capture has is older than what we opened at our start, so more waits in it.
void greet(int connection, Kept& kept) {
  auto offer = descriptor::receive(connection);
  if (offer.fd) {
    netlink::prepareListener(offer.fd.get());
    kept = {std::move(offer.fd), false};
  }
  descriptor::send(connection, kept.fresh ? keeper::fresh : keeper::used, kept.socket.get());
  kept.fresh = kept.fresh && offer.word != keeper::hello;
}

void serve(int listener, Kept& kept, std::vector<Fd>& connections) {
  Fd connection = descriptor::acceptFrom(listener);
  if (!connection || connections.size() >= mostConnections) return;
  try {
    greet(connection.get(), kept);
    connections.push_back(std::move(connection));
  } catch (const SysError& failure) {
    std::fprintf(stderr, "udevns-keeper: %s\n", failure.message().c_str());
  }
}

// A connection stays open, as its end tells the other side that we are gone. Nothing more is said on it.
void forgetClosed(std::vector<Fd>& connections, const std::vector<pollfd>& polled) {
  for (size_t i = polled.size(); i-- > 1;)
    if (polled[i].revents != 0) connections.erase(connections.begin() + static_cast<long>(i) - 1);
}

[[noreturn]] void keep(const char* path, int bytes) {
  Kept kept{openSocket(bytes)};
  const Fd listener = descriptor::listenAt(path);
  std::vector<Fd> connections;
  for (;;) {
    std::vector<pollfd> polled{{listener.get(), POLLIN, 0}};
    for (const Fd& connection : connections) polled.push_back({connection.get(), POLLIN, 0});
    if (::poll(polled.data(), polled.size(), -1) < 0) {
      if (errno == EINTR) continue;
      fail("poll", path);
    }
    forgetClosed(connections, polled);
    if (polled[0].revents != 0) serve(listener.get(), kept, connections);
  }
}

// Another word than a capture's, so that a look from outside leaves the socket as fresh as it is.
void checkThere(const char* path) {
  const Fd connection = descriptor::connectTo(path);
  descriptor::send(connection.get(), 'c', -1);
  if (!descriptor::receive(connection.get()).fd) fail("recvmsg", path, EPROTO);
}
}  // namespace

int main(int count, char** arguments) {
  const std::string first = count == 3 ? arguments[1] : "";
  const int bytes = count == 3 ? std::atoi(arguments[2]) : 0;
  try {
    if (first == "--check")
      checkThere(arguments[2]);
    else if (!first.empty() && bytes > 0)
      keep(arguments[1], bytes);
    else {
      std::fprintf(stderr, "usage: udevns-keeper PATH BYTES | --check PATH\n");
      return 2;
    }
    return 0;
  } catch (const SysError& failure) {
    std::fprintf(stderr, "udevns-keeper: %s\n", failure.message().c_str());
    return 1;
  }
}
