#pragma once
#include <napi.h>

#include "reader.h"

// An open monitor, on the JavaScript thread: three callbacks and the reader behind them.
class Monitor {
 public:
  // Takes the socket over when it succeeds.
  Monitor(const Napi::CallbackInfo& info);
  ~Monitor();
  Monitor(const Monitor&) = delete;

  void onEvents(Napi::Env env, const Batch& batch);
  void onOverflow(Napi::Env env, const char* where, uint64_t lost);
  void onError(Napi::Env env, const SysError& error);

  Reader& reader() { return *reader_; }
  void close();

 private:
  Napi::FunctionReference events_, overflow_, error_;
  std::shared_ptr<Reader> reader_;
};
