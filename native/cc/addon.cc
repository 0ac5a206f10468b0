#include "dispatcher.h"
#include "install.h"

static Napi::Object install(Napi::Env env, Napi::Object exports) {
  Dispatcher::install(env);
  installMonitor(exports);
  installSender(exports);
  installWatch(exports);
  installSockets(exports);
  installProcess(exports);
  installExecute(exports);
  installAttributes(exports);
  installFiles(exports);
  installBpf(exports);
  installDevices(exports);
  installModule(exports);
  installReceipt(exports);
  return exports;
}

NODE_API_MODULE(udevns, install)
