#pragma once
#include <napi.h>
#include <sys/uio.h>

#include <cstdint>
#include <span>

#include "fd.h"

// new Sender(pidfd): a uevent socket in that process's network namespace.
// It pins the namespace: close it when the container is gone.
class Sender : public Napi::ObjectWrap<Sender> {
 public:
  static void install(Napi::Env env, Napi::Object& exports);
  explicit Sender(const Napi::CallbackInfo& info);

 private:
  Napi::Value sendKernel(const Napi::CallbackInfo& info);
  Napi::Value sendUdev(const Napi::CallbackInfo& info);
  Napi::Value close(const Napi::CallbackInfo& info);
  Napi::Value netnsInode(const Napi::CallbackInfo& info);

  void transmit(std::span<iovec> data, unsigned groups, uint32_t uid, uint32_t gid);
  void awaitAck(uint32_t sequence);

  Fd socket_;
  uint64_t netns_ = 0;
  uint32_t sequence_ = 0;
};
