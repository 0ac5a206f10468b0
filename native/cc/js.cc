#include "js.h"

namespace {
// No JavaScript runs in an environment that is being terminated; any call that might says so.
bool canRun(napi_env env) {
  napi_value global;
  bool has;
  return napi_get_global(env, &global) == napi_ok && napi_has_named_property(env, global, "Object", &has) == napi_ok;
}
}  // namespace

Napi::Error js::error(Napi::Env env, const SysError& failure) {
  auto error = Napi::Error::New(env, failure.message());
  error.Set("code", Napi::String::New(env, failure.code()));
  error.Set("errno", Napi::Number::New(env, failure.number));
  error.Set("syscall", Napi::String::New(env, failure.call));
  error.Set("target", Napi::String::New(env, failure.target));
  return error;
}

void js::raise(const Napi::Error& error) noexcept {
  try {
    error.ThrowAsJavaScriptException();
  } catch (const Napi::Error&) {
  }
}

void js::call(Napi::Env env, const Napi::FunctionReference& handler, std::initializer_list<napi_value> arguments) {
  // Napi::Function::Call would wrap what was thrown, and a termination cannot be wrapped: that is fatal.
  const auto status =
      napi_call_function(env, env.Undefined(), handler.Value(), arguments.size(), arguments.begin(), nullptr);
  bool pending = false;
  if (status == napi_ok || napi_is_exception_pending(env, &pending) != napi_ok || !pending) return;
  napi_value thrown;
  if (napi_get_and_clear_last_exception(env, &thrown) == napi_ok && canRun(env)) napi_fatal_exception(env, thrown);
}
