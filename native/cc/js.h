#pragma once
#include <napi.h>

#include <initializer_list>
#include <memory>
#include <string>

#include "error.h"

// Helpers between JavaScript values and C++ ones. Arguments were validated by the TypeScript above.
namespace js {
Napi::Error error(Napi::Env env, const SysError& error);

inline std::string text(const Napi::Object& from, const char* key) { return from.Get(key).ToString().Utf8Value(); }
inline double number(const Napi::Object& from, const char* key) { return from.Get(key).ToNumber().DoubleValue(); }
inline int integer(const Napi::Object& from, const char* key) { return from.Get(key).ToNumber().Int32Value(); }
inline unsigned natural(const Napi::Object& from, const char* key) { return from.Get(key).ToNumber().Uint32Value(); }
inline bool flag(const Napi::Object& from, const char* key) { return from.Get(key).ToBoolean(); }
inline uint64_t big(const Napi::Object& from, const char* key) {
  bool lossless;
  return from.Get(key).As<Napi::BigInt>().Uint64Value(&lossless);
}
inline int integer(const Napi::Value& value) { return value.ToNumber().Int32Value(); }
inline std::string_view bytes(const Napi::Value& value) {
  auto view = value.As<Napi::Uint8Array>();
  return {reinterpret_cast<const char*>(view.Data()), view.ByteLength()};
}

// A C++ object that lives as long as JavaScript, or its environment, holds the handle. (Not
// Napi::ObjectWrap: its constructors and methods throw where nothing can catch, see raise.)
template <typename T>
Napi::Value handle(Napi::Env env, std::unique_ptr<T> object) {
  auto handle = Napi::External<T>::New(env, object.get(), [](Napi::Env, T* object) { delete object; });
  object.release();
  return handle;
}
template <typename T>
T& from(const Napi::Value& handle) {
  return *handle.As<Napi::External<T>>().Data();
}

// Throws into JavaScript. In a worker that is being terminated no JavaScript can run: then every call
// fails, throwing too, and an exception that left us would end the whole process.
void raise(const Napi::Error& error) noexcept;

// Calls back from a task of the dispatcher. What the handler throws is an uncaught exception.
void call(Napi::Env env, const Napi::FunctionReference& handler, std::initializer_list<napi_value> arguments);

using Method = Napi::Value (*)(const Napi::CallbackInfo&);

template <Method method>
Napi::Value guarded(const Napi::CallbackInfo& info) {
  try {
    try {
      return method(info);
    } catch (const SysError& failure) {
      throw error(info.Env(), failure);
    }
  } catch (const Napi::Error& error) {
    raise(error);
    return {};
  }
}

template <Method method>
void add(Napi::Object& exports, const char* name) {
  exports.Set(name, Napi::Function::New<guarded<method>>(exports.Env(), name));
}
}  // namespace js
