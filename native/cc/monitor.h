#pragma once
#include <napi.h>

#include "reader.h"

// new Monitor(fd, maxQueued, onEvents, onOverflow, onError, journal fd or -1): takes the socket over.
class Monitor : public Napi::ObjectWrap<Monitor> {
 public:
  static void install(Napi::Env env, Napi::Object& exports);
  explicit Monitor(const Napi::CallbackInfo& info);
  ~Monitor() override;

  void onEvents(Napi::Env env, const Batch& batch);
  void onOverflow(Napi::Env env, const char* where, uint64_t lost);
  void onError(Napi::Env env, const SysError& error);

 private:
  Napi::Value stats(const Napi::CallbackInfo& info);
  Napi::Value eraseJournal(const Napi::CallbackInfo& info);
  Napi::Value close(const Napi::CallbackInfo& info);

  Napi::FunctionReference events_, overflow_, error_;
  std::shared_ptr<Reader> reader_;
};
