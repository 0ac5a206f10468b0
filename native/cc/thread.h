#pragma once
#include <pthread.h>
#include <signal.h>

#include <exception>
#include <thread>
#include <utility>

// A thread that takes no signals: they belong to the thread libuv expects them on.
template <typename Work>
std::thread startThread(const char* name, Work&& work) {
  sigset_t all, before;
  ::sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &before);  // inherited by the new thread, pthread_create(3)
  std::thread thread;
  std::exception_ptr failure;
  try {
    thread = std::thread(std::forward<Work>(work));
    ::pthread_setname_np(thread.native_handle(), name);  // at most 15 characters
  } catch (...) {
    failure = std::current_exception();
  }
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  if (failure) std::rethrow_exception(failure);
  return thread;
}
