// openModule, moduleHasGate, moduleGate, closeModule; openModuleSender, moduleSend, moduleSenderNetns, closeModuleSender.
#include "module.h"

#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "install.h"
#include "js.h"
#include "netns.h"
#include "udevns_uapi.h"

namespace {
constexpr const char* path = "/dev/udevns";

udevns_info infoOf(int device) {
  udevns_info info{};
  check(::ioctl(device, UDEVNS_IOC_INFO, &info), "ioctl", "UDEVNS_IOC_INFO");
  return info;
}
}  // namespace

Module::Module(unsigned major, unsigned minor) : device_(check(::open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW), "open", path)) {
  struct stat seen;
  check(::fstat(device_.get(), &seen), "fstat", path);
  if (!S_ISCHR(seen.st_mode) || seen.st_rdev != makedev(major, minor)) fail("open", path, ENODEV);
  if (infoOf(device_.get()).version != UDEVNS_VERSION) fail("UDEVNS_IOC_INFO", "version", EPROTONOSUPPORT);
}

bool Module::hasGate() const { return infoOf(device_.get()).features & UDEVNS_FEATURE_GATE; }

void Module::setGate(int netns, bool closed) const {
  udevns_gate request{.version = UDEVNS_VERSION, .flags = 0, .netns_fd = netns, .closed = closed};
  check(::ioctl(device_.get(), UDEVNS_IOC_GATE_SET, &request), "ioctl", "UDEVNS_IOC_GATE_SET");
}

ModuleSender::ModuleSender(const Module& module, int pidfd)
    : device_(Fd::copyOf(module.fd(), path)), netns_(openNetworkNamespace(pidfd)) {
  struct stat seen;
  check(::fstat(netns_.get(), &seen), "fstat", "network namespace");
  inode_ = seen.st_ino;
}

void ModuleSender::send(unsigned group, std::string_view payload, Receipt* receipt, std::string_view note) const {
  udevns_send own{};
  udevns_send& request = receipt ? receipt->request(note) : own;
  request.version = UDEVNS_VERSION;
  request.flags = 0;
  request.netns_fd = netns_.get();
  request.group = group;
  request.len = static_cast<uint32_t>(payload.size());
  request.payload = reinterpret_cast<uintptr_t>(payload.data());
  check(::ioctl(device_.get(), UDEVNS_IOC_SEND, &request), "ioctl", "UDEVNS_IOC_SEND");
}

namespace {
// (major, minor)
Napi::Value openModule(const Napi::CallbackInfo& info) {
  return js::handle(info.Env(),
                    std::make_unique<Module>(info[0].ToNumber().Uint32Value(), info[1].ToNumber().Uint32Value()));
}

Napi::Value moduleHasGate(const Napi::CallbackInfo& info) {
  return Napi::Boolean::New(info.Env(), js::from<Module>(info[0]).hasGate());
}

// (module, pidfd, closed)
Napi::Value moduleGate(const Napi::CallbackInfo& info) {
  const auto netns = openNetworkNamespace(js::integer(info[1]));
  js::from<Module>(info[0]).setGate(netns.get(), info[2].ToBoolean());
  return info.Env().Undefined();
}

Napi::Value closeModule(const Napi::CallbackInfo& info) {
  js::from<Module>(info[0]).close();
  return info.Env().Undefined();
}

// (module, pidfd)
Napi::Value openModuleSender(const Napi::CallbackInfo& info) {
  return js::handle(info.Env(), std::make_unique<ModuleSender>(js::from<Module>(info[0]), js::integer(info[1])));
}

// (sender, group, payload, receipt?, note)
Napi::Value moduleSend(const Napi::CallbackInfo& info) {
  const auto [receipt, note] = receiptOf(info, 3);
  js::from<ModuleSender>(info[0]).send(info[1].ToNumber().Uint32Value(), js::bytes(info[2]), receipt, note);
  return info.Env().Undefined();
}

Napi::Value moduleSenderNetns(const Napi::CallbackInfo& info) {
  return Napi::BigInt::New(info.Env(), js::from<ModuleSender>(info[0]).netnsInode());
}

Napi::Value closeModuleSender(const Napi::CallbackInfo& info) {
  js::from<ModuleSender>(info[0]).close();
  return info.Env().Undefined();
}
}  // namespace

void installModule(Napi::Object& exports) {
  js::add<openModule>(exports, "openModule");
  js::add<moduleHasGate>(exports, "moduleHasGate");
  js::add<moduleGate>(exports, "moduleGate");
  js::add<closeModule>(exports, "closeModule");
  js::add<openModuleSender>(exports, "openModuleSender");
  js::add<moduleSend>(exports, "moduleSend");
  js::add<moduleSenderNetns>(exports, "moduleSenderNetns");
  js::add<closeModuleSender>(exports, "closeModuleSender");
}
