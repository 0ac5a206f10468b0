// openUeventSocket, receiveBufferBytes.
#include "install.h"
#include "js.h"
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
}  // namespace

void installSockets(Napi::Object& exports) {
  js::add<openUeventSocket>(exports, "openUeventSocket");
  js::add<receiveBufferBytes>(exports, "receiveBufferBytes");
}
