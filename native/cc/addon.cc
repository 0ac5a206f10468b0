#include "dispatcher.h"
#include "install.h"
#include "monitor.h"
#include "sender.h"
#include "watch.h"

static Napi::Object install(Napi::Env env, Napi::Object exports) {
  Dispatcher::install(env);
  Monitor::install(env, exports);
  Sender::install(env, exports);
  Watch::install(env, exports);
  installSockets(exports);
  installProcess(exports);
  installExecute(exports);
  installFiles(exports);
  installBpf(exports);
  installDevices(exports);
  return exports;
}

NODE_API_MODULE(udevns, install)
