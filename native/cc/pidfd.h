#pragma once
#include <poll.h>

#include <cerrno>

#include "error.h"

// Readable once the process has ended, waited for or not, pidfd_open(2). A signal may interrupt even a poll(2) that does not wait.
inline bool processEnded(int pidfd) {
  pollfd wait{pidfd, POLLIN, 0};
  int ready = 0;
  do ready = ::poll(&wait, 1, 0);
  while (ready < 0 && errno == EINTR);
  if (ready < 0) fail("poll", "pidfd");
  if (wait.revents & POLLNVAL) fail("poll", "pidfd", EBADF);
  return wait.revents != 0;
}
