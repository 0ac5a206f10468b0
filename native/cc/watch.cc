// openWatch, cancelWatch.
#include "watch.h"

#include "dispatcher.h"
#include "install.h"
#include "js.h"

Watch::Watch(Napi::Env env, int pidfd, Napi::Function onExit)
    : link_(std::make_shared<Link>(this)), onExit_(Napi::Persistent(onExit)), pidfd_(Fd::copyOf(pidfd, "pidfd")) {
  auto dispatcher = Dispatcher::of(env);
  token_ = Exits::shared().watch(pidfd_.get(), [dispatcher, link = link_] {
    dispatcher->post([link](Napi::Env env) {
      if (link->watch) link->watch->fired(env);
    });
  });
}

void Watch::cancel() {
  link_->watch = nullptr;
  if (token_ != 0) Exits::shared().cancel(std::exchange(token_, 0), pidfd_.get());
  pidfd_.reset();
  onExit_.Reset();  // it may hold the handle that holds us
}

void Watch::fired(Napi::Env env) {
  const auto onExit = std::move(onExit_);
  cancel();
  js::call(env, onExit, {});
}

namespace {
// (pidfd, onExit): calls once, later.
Napi::Value openWatch(const Napi::CallbackInfo& info) {
  return js::handle(info.Env(),
                    std::make_unique<Watch>(info.Env(), js::integer(info[0]), info[1].As<Napi::Function>()));
}

Napi::Value cancelWatch(const Napi::CallbackInfo& info) {
  js::from<Watch>(info[0]).cancel();
  return info.Env().Undefined();
}
}  // namespace

void installWatch(Napi::Object& exports) {
  js::add<openWatch>(exports, "openWatch");
  js::add<cancelWatch>(exports, "cancelWatch");
}
