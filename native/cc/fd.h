#pragma once
#include <fcntl.h>
#include <unistd.h>

#include <utility>

#include "error.h"

// A file descriptor with one owner.
class Fd {
 public:
  Fd() = default;
  explicit Fd(int value) : value_(value) {}
  Fd(Fd&& other) noexcept : value_(other.release()) {}
  Fd& operator=(Fd&& other) noexcept {
    if (this != &other) reset(other.release());
    return *this;
  }
  ~Fd() { reset(); }

  int get() const { return value_; }
  explicit operator bool() const { return value_ >= 0; }
  int release() { return std::exchange(value_, -1); }
  // close(2): after EINTR the descriptor is gone on Linux, so it is never tried twice.
  void reset(int value = -1) {
    if (value_ >= 0) ::close(value_);
    value_ = value;
  }

  // A private copy, so that the caller may close theirs while a thread still works.
  static Fd copyOf(int fd, const char* what) { return Fd(check(::fcntl(fd, F_DUPFD_CLOEXEC, 3), "fcntl", what)); }

 private:
  int value_ = -1;
};
