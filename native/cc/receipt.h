#pragma once
#include <napi.h>
#include <sys/socket.h>

#include <string>
#include <string_view>
#include <utility>

#include "udevns_uapi.h"

// Memory of a file in which the kernel itself notes that an event is sent. sendmmsg(2) and UDEVNS_IOC_SEND write their result
// into the caller's memory, and a kill acts only when they return: so it is there if and only if they have sent.
class Receipt {
 public:
  explicit Receipt(const char* path);
  Receipt(const Receipt&) = delete;
  ~Receipt() { close(); }

  static constexpr size_t longestNote = 127;

  // Of what the last life sent last, or was about to send; empty if it came to neither.
  const std::string& lastNote() const { return lastNote_; }
  bool lastSent() const { return lastSent_; }

  // To be sent next, and nothing else before it is. The caller fills in what the result is not in.
  mmsghdr& message(std::string_view note);
  udevns_send& request(std::string_view note);
  void close();

 private:
  struct Page;
  Page& begin(std::string_view note);

  Page* page_ = nullptr;
  std::string lastNote_;
  bool lastSent_ = false;
};

// Two arguments, the handle or undefined and the note.
std::pair<Receipt*, std::string> receiptOf(const Napi::CallbackInfo& info, size_t at);
