#include "operation.h"

#include "js.h"

namespace {
struct Convert {
  Napi::Env env;
  Napi::Value operator()(bool value) const { return Napi::Boolean::New(env, value); }
  Napi::Value operator()(double value) const { return Napi::Number::New(env, value); }
  Napi::Value operator()(uint64_t value) const { return Napi::BigInt::New(env, value); }
  Napi::Value operator()(const std::string& value) const { return Napi::String::New(env, value); }
  Napi::Value operator()(const Bytes& value) const { return Napi::Buffer<char>::Copy(env, value.data(), value.size()); }
  Napi::Value operator()(Fields& value) const { return toJs(env, value); }
  Napi::Value operator()(List& value) const {
    auto list = Napi::Array::New(env, value.size());
    for (uint32_t i = 0; i < value.size(); i++) list.Set(i, toJs(env, value[i]));
    return list;
  }
  Napi::Value operator()(Fd& value) const { return Napi::Number::New(env, value.release()); }
};
}  // namespace

Napi::Object toJs(Napi::Env env, Fields& fields) {
  auto object = Napi::Object::New(env);
  for (auto& [name, value] : fields)
    object.Set(name, std::visit(Convert{env}, static_cast<Value::variant&>(value)));
  return object;
}

Identity identityFrom(const Napi::Object& from, const char* key) {
  const auto object = from.Get(key).As<Napi::Object>();
  return {js::big(object, "dev"), js::big(object, "ino")};
}
