#include "monitor.h"

#include <cstring>

#include "js.h"
#include "netlink.h"

void Monitor::install(Napi::Env env, Napi::Object& exports) {
  exports.Set("Monitor", DefineClass(env, "Monitor",
                                     {InstanceMethod<&Monitor::stats>("stats"), InstanceMethod<&Monitor::eraseJournal>("eraseJournal"),
                                      InstanceMethod<&Monitor::close>("close")}));
}

Monitor::Monitor(const Napi::CallbackInfo& info) : ObjectWrap(info) {
  events_ = Napi::Persistent(info[2].As<Napi::Function>());
  overflow_ = Napi::Persistent(info[3].As<Napi::Function>());
  error_ = Napi::Persistent(info[4].As<Napi::Function>());
  const int fd = js::integer(info[0]), journal = js::integer(info[5]);
  js::guard(info.Env(), [&] {
    netlink::prepareListener(fd);
    reader_ = std::make_shared<Reader>(fd, size_t(info[1].ToNumber().Int64Value()),
                                       journal < 0 ? Fd() : Fd::copyOf(journal, "uevent journal"),
                                       Dispatcher::of(info.Env()), this);
    reader_->start();
  });
  Ref();  // an open monitor is not garbage
  Dispatcher::of(info.Env())->hold(info.Env());
}

Monitor::~Monitor() {
  if (reader_) reader_->stop();  // the environment ends with the monitor still open
}

void Monitor::onEvents(Napi::Env env, const Batch& batch) {
  auto bytes = Napi::Buffer<char>::Copy(env, batch.bytes.data(), batch.bytes.size());
  auto fields = Napi::Float64Array::New(env, batch.fields.size());
  std::memcpy(fields.Data(), batch.fields.data(), batch.fields.size() * sizeof(double));
  events_.Call({bytes, fields, Napi::BigInt::New(env, batch.receivedAtNs)});
}

void Monitor::onOverflow(Napi::Env env, const char* where, uint64_t lost) {
  overflow_.Call({Napi::String::New(env, where), Napi::Number::New(env, double(lost))});
}

void Monitor::onError(Napi::Env env, const SysError& error) { error_.Call({js::error(env, error).Value()}); }

Napi::Value Monitor::stats(const Napi::CallbackInfo& info) {
  auto result = Napi::Object::New(info.Env());
  const auto& stats = reader_->stats();
  result.Set("received", double(stats.received));
  result.Set("batches", double(stats.batches));
  result.Set("socketOverflows", double(stats.socketOverflows));
  result.Set("queueDropped", double(stats.queueDropped));
  result.Set("truncated", double(stats.truncated));
  return result;
}

Napi::Value Monitor::eraseJournal(const Napi::CallbackInfo& info) {
  js::guard(info.Env(), [&] { reader_->eraseJournal(uint64_t(info[0].ToNumber().Int64Value())); });
  return info.Env().Undefined();
}

Napi::Value Monitor::close(const Napi::CallbackInfo& info) {
  reader_->stop();
  Dispatcher::of(info.Env())->letGo(info.Env());
  Unref();
  return info.Env().Undefined();
}
