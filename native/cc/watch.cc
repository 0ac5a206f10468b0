#include "watch.h"

#include "dispatcher.h"
#include "js.h"

void Watch::install(Napi::Env env, Napi::Object& exports) {
  exports.Set("Watch", DefineClass(env, "Watch", {InstanceMethod<&Watch::cancel>("cancel")}));
}

Watch::Watch(const Napi::CallbackInfo& info) : ObjectWrap(info), link_(std::make_shared<Link>(this)) {
  callback_ = Napi::Persistent(info[1].As<Napi::Function>());
  js::guard(info.Env(), [&] {
    pidfd_ = Fd::copyOf(js::integer(info[0]), "pidfd");
    auto dispatcher = Dispatcher::of(info.Env());
    token_ = Exits::shared().watch(pidfd_.get(), [dispatcher, link = link_] {
      dispatcher->post([link](Napi::Env env) {
        if (link->watch) link->watch->fired(env);
      });
    });
  });
  Ref();  // a pending watch is not garbage
}

Watch::~Watch() { forget(); }

void Watch::forget() {
  link_->watch = nullptr;
  if (token_ != 0) Exits::shared().cancel(std::exchange(token_, 0), pidfd_.get());
  pidfd_.reset();
}

void Watch::fired(Napi::Env env) {
  Napi::HandleScope scope(env);
  forget();
  Unref();
  callback_.Call({});
}

Napi::Value Watch::cancel(const Napi::CallbackInfo& info) {
  if (link_->watch) {
    forget();
    Unref();
  }
  return info.Env().Undefined();
}
