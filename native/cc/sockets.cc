// openUeventSocket, receiveBufferBytes, askKeeper.
#include "install.h"
#include "js.h"
#include "keeper.h"
#include "netlink.h"

namespace {
// (pidfd or -1, groups, receiveBufferBytes, inheritable)
Napi::Value openUeventSocket(const Napi::CallbackInfo& info) {
  auto fd = netlink::openListener(js::integer(info[0]), info[1].ToNumber().Uint32Value(), js::integer(info[2]),
                                  info[3].ToBoolean());
  return Napi::Number::New(info.Env(), fd.release());
}

Napi::Value receiveBufferBytes(const Napi::CallbackInfo& info) {
  return Napi::Number::New(info.Env(), netlink::receiveBufferBytes(js::integer(info[0])));
}

// (path, fd or -1) → [connection, fd, fresh]
Napi::Value askKeeper(const Napi::CallbackInfo& info) {
  auto [connection, message] = keeper::ask(info[0].ToString().Utf8Value(), js::integer(info[1]));
  auto answer = Napi::Array::New(info.Env(), 3);
  answer.Set(0u, connection.release());
  answer.Set(1u, message.fd.release());
  answer.Set(2u, Napi::Boolean::New(info.Env(), message.word == keeper::fresh));
  return answer;
}
}  // namespace

void installSockets(Napi::Object& exports) {
  js::add<openUeventSocket>(exports, "openUeventSocket");
  js::add<receiveBufferBytes>(exports, "receiveBufferBytes");
  js::add<askKeeper>(exports, "askKeeper");
}
