#pragma once
#include <napi.h>

#include <functional>
#include <memory>
#include <mutex>
#include <unordered_map>

// One per Node environment (main thread or worker): carries work from any thread to its JavaScript
// thread. Threads hold it by shared_ptr and may outlive the environment; post() then says false.
class Dispatcher {
 public:
  using Task = std::function<void(Napi::Env)>;

  static void install(Napi::Env env);
  static std::shared_ptr<Dispatcher> of(Napi::Env env);

  bool post(Task task);
  // JavaScript thread only: while held, the event loop stays alive.
  void hold(Napi::Env env);
  void letGo(Napi::Env env);
  // JavaScript thread only: a callback must never be destroyed on another thread, so threads carry a ticket.
  uint64_t keep(Napi::Function callback);
  Napi::FunctionReference take(uint64_t ticket);  // empty when it was taken already

 private:
  static void run(napi_env env, napi_value, void*, void* data);

  std::mutex mutex_;
  bool closed_ = false;
  napi_threadsafe_function function_ = nullptr;
  int holds_ = 0;
  uint64_t tickets_ = 0;
  std::unordered_map<uint64_t, Napi::FunctionReference> kept_;
};
