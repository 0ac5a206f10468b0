#include "js.h"

Napi::Error js::error(Napi::Env env, const SysError& failure) {
  auto error = Napi::Error::New(env, failure.message());
  error.Set("code", Napi::String::New(env, failure.code()));
  error.Set("errno", Napi::Number::New(env, failure.number));
  error.Set("syscall", Napi::String::New(env, failure.call));
  error.Set("target", Napi::String::New(env, failure.target));
  return error;
}
