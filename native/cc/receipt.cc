// openReceipt, receiptLast, closeReceipt.
#include "receipt.h"

#include <sys/mman.h>

#include <atomic>
#include <cstring>

#include "fd.h"
#include "install.h"
#include "js.h"

struct Receipt::Page {
  uint32_t layout;
  mmsghdr message;
  udevns_send request;
  char note[longestNote + 1];

  static constexpr uint32_t layoutNow = 1;
  static constexpr uint32_t unsaid = ~0u;  // the module writes 0 or 1

  bool isSent() const { return message.msg_len != 0 || request.heard != unsaid; }
};

Receipt::Receipt(const char* path) {
  const Fd file(check(::open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600), "open", path));
  // Without room a store would be SIGBUS.
  if (const int error = ::posix_fallocate(file.get(), 0, sizeof(Page)); error != 0) fail("fallocate", path, error);
  void* memory = ::mmap(nullptr, sizeof(Page), PROT_READ | PROT_WRITE, MAP_SHARED, file.get(), 0);
  if (memory == MAP_FAILED) fail("mmap", path);
  page_ = static_cast<Page*>(memory);
  if (page_->layout != Page::layoutNow) page_->note[0] = 0;
  page_->layout = Page::layoutNow;
  // It stays until something else is sent: whoever reads it may be killed before it has done anything with it.
  lastNote_.assign(page_->note, ::strnlen(page_->note, longestNote));
  lastSent_ = page_->isSent();
}

void Receipt::close() {
  if (page_ != nullptr) ::munmap(page_, sizeof(Page));
  page_ = nullptr;
}

Receipt::Page& Receipt::begin(std::string_view note) {
  if (page_ == nullptr) fail("mmap", "receipt", EBADF);
  if (note.empty() || note.size() > longestNote) fail("mmap", "note in a receipt", EINVAL);
  // In this order, whenever the kill comes: never a note beside the result of another.
  page_->message.msg_len = 0;
  page_->request.heard = Page::unsaid;
  std::atomic_signal_fence(std::memory_order_seq_cst);
  std::memcpy(page_->note, note.data(), note.size());
  page_->note[note.size()] = 0;
  std::atomic_signal_fence(std::memory_order_seq_cst);
  return *page_;
}

mmsghdr& Receipt::message(std::string_view note) { return begin(note).message; }

udevns_send& Receipt::request(std::string_view note) { return begin(note).request; }

std::pair<Receipt*, std::string> receiptOf(const Napi::CallbackInfo& info, size_t at) {
  if (!info[at].IsExternal()) return {nullptr, ""};
  return {&js::from<Receipt>(info[at]), info[at + 1].ToString().Utf8Value()};
}

namespace {
// (path)
Napi::Value openReceipt(const Napi::CallbackInfo& info) {
  return js::handle(info.Env(), std::make_unique<Receipt>(info[0].ToString().Utf8Value().c_str()));
}

// [note, sent]
Napi::Value receiptLast(const Napi::CallbackInfo& info) {
  const auto& receipt = js::from<Receipt>(info[0]);
  auto last = Napi::Array::New(info.Env(), 2);
  last.Set(0u, receipt.lastNote());
  last.Set(1u, Napi::Boolean::New(info.Env(), receipt.lastSent()));
  return last;
}

Napi::Value closeReceipt(const Napi::CallbackInfo& info) {
  js::from<Receipt>(info[0]).close();
  return info.Env().Undefined();
}
}  // namespace

void installReceipt(Napi::Object& exports) {
  js::add<openReceipt>(exports, "openReceipt");
  js::add<receiptLast>(exports, "receiptLast");
  js::add<closeReceipt>(exports, "closeReceipt");
}
