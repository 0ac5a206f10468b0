#pragma once
#include <cerrno>
#include <functional>
#include <string>
#include <string_view>

// A failed system call: what was called, on what, and errno.
struct SysError {
  int number;
  std::string call;
  std::string target;

  std::string code() const;
  std::string message() const;
};

[[noreturn]] inline void fail(std::string_view call, std::string_view target, int number = errno) {
  throw SysError{number, std::string(call), std::string(target)};
}

template <typename Result>
Result check(Result result, std::string_view call, std::string_view target) {
  if (result < 0) fail(call, target);
  return result;
}

// Runs `work` and turns every C++ failure (SysError, out of threads, out of memory) into a SysError.
void asSysError(const std::function<void()>& work);
