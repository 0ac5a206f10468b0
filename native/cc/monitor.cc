// openMonitor, monitorStats, monitorEraseJournal, closeMonitor.
#include "monitor.h"

#include <cstring>

#include "install.h"
#include "js.h"
#include "netlink.h"

// (fd, maxQueued, onEvents, onOverflow, onError, journal fd or -1)
Monitor::Monitor(const Napi::CallbackInfo& info)
    : events_(Napi::Persistent(info[2].As<Napi::Function>())),
      overflow_(Napi::Persistent(info[3].As<Napi::Function>())),
      error_(Napi::Persistent(info[4].As<Napi::Function>())) {
  const int fd = js::integer(info[0]), journal = js::integer(info[5]);
  netlink::prepareListener(fd);
  reader_ = std::make_shared<Reader>(fd, size_t(info[1].ToNumber().Int64Value()),
                                     journal < 0 ? Fd() : Fd::copyOf(journal, "uevent journal"),
                                     Dispatcher::of(info.Env()), this);
  reader_->start();
}

Monitor::~Monitor() {
  if (reader_) reader_->stop();  // the environment ends with the monitor still open
}

void Monitor::close() {
  reader_->stop();
  for (auto* handler : {&events_, &overflow_, &error_}) handler->Reset();  // they may hold the handle that holds us
}

void Monitor::onEvents(Napi::Env env, const Batch& batch) {
  auto bytes = Napi::Buffer<char>::Copy(env, batch.bytes.data(), batch.bytes.size());
  auto fields = Napi::Float64Array::New(env, batch.fields.size());
  std::memcpy(fields.Data(), batch.fields.data(), batch.fields.size() * sizeof(double));
  js::call(env, events_, {bytes, fields, Napi::BigInt::New(env, batch.receivedAtNs)});
}

void Monitor::onOverflow(Napi::Env env, const char* where, uint64_t lost) {
  js::call(env, overflow_, {Napi::String::New(env, where), Napi::Number::New(env, double(lost))});
}

void Monitor::onError(Napi::Env env, const SysError& error) { js::call(env, error_, {js::error(env, error).Value()}); }

namespace {
Napi::Value openMonitor(const Napi::CallbackInfo& info) {
  auto handle = js::handle(info.Env(), std::make_unique<Monitor>(info));
  Dispatcher::of(info.Env())->hold(info.Env());
  return handle;
}

Napi::Value monitorStats(const Napi::CallbackInfo& info) {
  auto result = Napi::Object::New(info.Env());
  const auto& stats = js::from<Monitor>(info[0]).reader().stats();
  result.Set("received", double(stats.received));
  result.Set("batches", double(stats.batches));
  result.Set("socketOverflows", double(stats.socketOverflows));
  result.Set("queueDropped", double(stats.queueDropped));
  result.Set("truncated", double(stats.truncated));
  return result;
}

// (monitor, received)
Napi::Value monitorEraseJournal(const Napi::CallbackInfo& info) {
  js::from<Monitor>(info[0]).reader().eraseJournal(uint64_t(info[1].ToNumber().Int64Value()));
  return info.Env().Undefined();
}

// Once for each openMonitor.
Napi::Value closeMonitor(const Napi::CallbackInfo& info) {
  js::from<Monitor>(info[0]).close();
  Dispatcher::of(info.Env())->letGo(info.Env());
  return info.Env().Undefined();
}
}  // namespace

void installMonitor(Napi::Object& exports) {
  js::add<openMonitor>(exports, "openMonitor");
  js::add<monitorStats>(exports, "monitorStats");
  js::add<monitorEraseJournal>(exports, "monitorEraseJournal");
  js::add<closeMonitor>(exports, "closeMonitor");
}
