#include "dispatcher.h"

namespace {
struct Instance {
  std::shared_ptr<Dispatcher> dispatcher;
};
}  // namespace

void Dispatcher::install(Napi::Env env) {
  auto dispatcher = std::make_shared<Dispatcher>();
  auto name = Napi::String::New(env, "udevns");
  if (napi_create_threadsafe_function(env, nullptr, nullptr, name, 0, 1, nullptr, nullptr, nullptr, run,
                                      &dispatcher->function_) != napi_ok)
    throw Napi::Error::New(env);
  napi_unref_threadsafe_function(env, dispatcher->function_);
  env.SetInstanceData(new Instance{dispatcher});
  // Node deletes the thread-safe function in its own cleanup hook, whatever threads still hold it.
  // Hooks run last-in first-out, so this one closes the door before that.
  env.AddCleanupHook([dispatcher] {
    std::lock_guard lock(dispatcher->mutex_);
    dispatcher->closed_ = true;
    dispatcher->kept_.clear();
  });
}

std::shared_ptr<Dispatcher> Dispatcher::of(Napi::Env env) { return env.GetInstanceData<Instance>()->dispatcher; }

bool Dispatcher::post(Task task) {
  std::lock_guard lock(mutex_);
  if (closed_) return false;
  auto* data = new Task(std::move(task));
  if (napi_call_threadsafe_function(function_, data, napi_tsfn_nonblocking) == napi_ok) return true;
  delete data;
  return false;
}

void Dispatcher::hold(Napi::Env env) {
  if (holds_++ == 0) napi_ref_threadsafe_function(env, function_);
}

void Dispatcher::letGo(Napi::Env env) {
  if (--holds_ == 0) napi_unref_threadsafe_function(env, function_);
}

uint64_t Dispatcher::keep(Napi::Function callback) {
  kept_.emplace(++tickets_, Napi::Persistent(callback));
  return tickets_;
}

Napi::FunctionReference Dispatcher::take(uint64_t ticket) {
  auto found = kept_.extract(ticket);
  return found ? std::move(found.mapped()) : Napi::FunctionReference();
}

void Dispatcher::run(napi_env env, napi_value, void*, void* data) {
  std::unique_ptr<Task> task(static_cast<Task*>(data));
  if (env == nullptr) return;  // the environment is being torn down
  try {
    (*task)(env);
  } catch (const Napi::Error&) {
    // Making values fails only in a worker that is being terminated (js::call sees to what handlers throw).
  }
}
