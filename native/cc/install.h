#pragma once
#include <napi.h>

// Each part of the addon adds its functions.
void installMonitor(Napi::Object& exports);
void installSender(Napi::Object& exports);
void installWatch(Napi::Object& exports);
void installSockets(Napi::Object& exports);
void installProcess(Napi::Object& exports);
void installExecute(Napi::Object& exports);
void installAttributes(Napi::Object& exports);
void installFiles(Napi::Object& exports);
void installBpf(Napi::Object& exports);
void installDevices(Napi::Object& exports);
void installModule(Napi::Object& exports);
void installReceipt(Napi::Object& exports);
