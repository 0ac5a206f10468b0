// readAttributes: many small files of one directory in one call, on the calling thread.
#include <optional>
#include <vector>

#include "fd.h"
#include "install.h"
#include "js.h"

namespace {
// Nothing where it is missing, no file, cannot be read or is longer: all of it is "not known".
std::optional<size_t> readInto(std::vector<char>& buffer, int directory, const char* name) {
  const Fd file(::openat(directory, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  if (!file) return std::nullopt;
  size_t length = 0;
  while (length < buffer.size()) {
    const ssize_t got = ::read(file.get(), buffer.data() + length, buffer.size() - length);
    if (got == 0) return length;
    if (got > 0) length += size_t(got);
    else if (errno != EINTR) return std::nullopt;
  }
  return std::nullopt;
}

// (directory, names, maxBytes): for each name a buffer or undefined.
Napi::Value readAttributes(const Napi::CallbackInfo& info) {
  const auto env = info.Env();
  const auto names = info[1].As<Napi::Array>();
  const auto results = Napi::Array::New(env, names.Length());
  const Fd directory(::open(info[0].ToString().Utf8Value().c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!directory) return results;
  // One byte more tells what is longer.
  std::vector<char> buffer(info[2].ToNumber().Uint32Value() + 1);
  for (uint32_t at = 0; at < names.Length(); at++) {
    const auto name = names.Get(at).ToString().Utf8Value();
    if (const auto length = readInto(buffer, directory.get(), name.c_str()))
      results.Set(at, Napi::Buffer<char>::Copy(env, buffer.data(), *length));
  }
  return results;
}
}  // namespace

void installAttributes(Napi::Object& exports) { js::add<readAttributes>(exports, "readAttributes"); }
