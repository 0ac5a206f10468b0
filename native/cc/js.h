#pragma once
#include <napi.h>

#include <string>

#include "error.h"

// Helpers between JavaScript values and C++ ones. Arguments were validated by the TypeScript above.
namespace js {
Napi::Error error(Napi::Env env, const SysError& error);

inline std::string text(const Napi::Object& from, const char* key) { return from.Get(key).ToString().Utf8Value(); }
inline double number(const Napi::Object& from, const char* key) { return from.Get(key).ToNumber().DoubleValue(); }
inline int integer(const Napi::Object& from, const char* key) { return from.Get(key).ToNumber().Int32Value(); }
inline unsigned natural(const Napi::Object& from, const char* key) { return from.Get(key).ToNumber().Uint32Value(); }
inline uint64_t big(const Napi::Object& from, const char* key) {
  bool lossless;
  return from.Get(key).As<Napi::BigInt>().Uint64Value(&lossless);
}
inline int integer(const Napi::Value& value) { return value.ToNumber().Int32Value(); }
inline std::string_view bytes(const Napi::Value& value) {
  auto view = value.As<Napi::Uint8Array>();
  return {reinterpret_cast<const char*>(view.Data()), view.ByteLength()};
}

// Calls `work` and throws its SysError as a JavaScript error.
template <typename Work>
auto guard(Napi::Env env, Work&& work) {
  try {
    return work();
  } catch (const SysError& failure) {
    throw error(env, failure);
  }
}

using Method = Napi::Value (*)(const Napi::CallbackInfo&);

template <Method method>
void add(Napi::Object& exports, const char* name) {
  auto call = [](const Napi::CallbackInfo& info) -> Napi::Value {
    return guard(info.Env(), [&] { return method(info); });
  };
  exports.Set(name, Napi::Function::New(exports.Env(), call, name));
}
}  // namespace js
