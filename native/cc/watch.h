#pragma once
#include <napi.h>

#include <memory>

#include "exits.h"

// new Watch(pidfd, callback): calls once when the process has ended. cancel() before closing the pidfd.
class Watch : public Napi::ObjectWrap<Watch> {
 public:
  static void install(Napi::Env env, Napi::Object& exports);
  explicit Watch(const Napi::CallbackInfo& info);
  ~Watch() override;

 private:
  Napi::Value cancel(const Napi::CallbackInfo& info);
  void fired(Napi::Env env);
  void forget();

  // What the posted task finds; touched on the JavaScript thread only.
  struct Link {
    Watch* watch;
  };
  std::shared_ptr<Link> link_;
  Napi::FunctionReference callback_;
  Fd pidfd_;
  uint64_t token_ = 0;
};
