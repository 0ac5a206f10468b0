#pragma once
#include <napi.h>

#include <memory>

#include "exits.h"

// Waits for the end of a process, on the JavaScript thread.
class Watch {
 public:
  Watch(Napi::Env env, int pidfd, Napi::Function onExit);
  ~Watch() { cancel(); }
  Watch(const Watch&) = delete;

  void cancel();

 private:
  void fired(Napi::Env env);

  // What the posted task finds; touched on the JavaScript thread only.
  struct Link {
    Watch* watch;
  };
  std::shared_ptr<Link> link_;
  Napi::FunctionReference onExit_;
  Fd pidfd_;
  uint64_t token_ = 0;
};
