#include "error.h"

#include <cstring>
#include <new>
#include <system_error>

std::string SysError::code() const {
#ifdef __GLIBC__
  if (const char* name = ::strerrorname_np(number)) return name;
#endif
  std::string name = std::to_string(number);
  return name.insert(0, 1, 'E');
}

std::string SysError::message() const {
  char text[128];
#ifdef __GLIBC__
  const char* words = ::strerror_r(number, text, sizeof text);
#else
  ::strerror_r(number, text, sizeof text);
  const char* words = text;
#endif
  return call + " " + target + ": " + words;
}

void asSysError(const std::function<void()>& work) {
  try {
    work();
  } catch (const std::system_error& error) {
    fail("pthread_create", "thread", error.code().value());  // std::thread: EAGAIN at the thread limit
  } catch (const std::bad_alloc&) {
    fail("malloc", "memory", ENOMEM);
  }
}
