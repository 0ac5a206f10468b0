#include <dirent.h>
#include <limits.h>

#include "js.h"
#include "operation.h"

namespace {
class Readlink : public Operation {
  using Operation::Operation;

  Fields run(const Place& place) override {
    std::string name;
    const Fd parent = place.parentOf(path_, name);
    std::string text(PATH_MAX, '\0');
    text.resize(size_t(check(::readlinkat(parent.get(), name.c_str(), text.data(), text.size()), "readlinkat", path_)));
    Fields fields;
    fields.emplace_back("to", std::move(text));
    return fields;
  }
};

// Looks before it opens: opening a device or a fifo has effects, and the container chose what is there.
class ReadFile : public Operation {
 public:
  explicit ReadFile(const Napi::Object& from)
      : Operation(js::text(from, "path")), limit_(size_t(js::number(from, "maxBytes"))) {}

  Fields run(const Place& place) override {
    std::string name;
    const Fd parent = place.parentOf(path_, name);
    const Fd look = openName(parent, name, path_);
    const auto seen = statFd(look, path_);
    if (S_ISLNK(seen.st_mode)) fail("openat", path_, ELOOP);
    if (!S_ISREG(seen.st_mode)) fail("openat", path_, S_ISDIR(seen.st_mode) ? EISDIR : EINVAL);
    const Fd fd = place.reopen(look, O_RDONLY | O_NOCTTY, path_);
    Bytes data(limit_ + 1);  // one more, to notice a longer file
    size_t size = 0;
    while (size < data.size()) {
      const ssize_t part = ::read(fd.get(), data.data() + size, data.size() - size);
      if (part < 0 && errno == EINTR) continue;
      if (check(part, "read", path_) == 0) break;
      size += size_t(part);
    }
    const bool truncated = size > limit_;
    data.resize(truncated ? limit_ : size);
    Fields fields;
    fields.emplace_back("data", std::move(data));
    fields.emplace_back("truncated", truncated);
    return fields;
  }

 private:
  const size_t limit_;
};

const char* kindOf(unsigned char type) {
  switch (type) {
    case DT_DIR: return "dir";
    case DT_CHR: return "char";
    case DT_BLK: return "block";
    case DT_LNK: return "symlink";
    case DT_FIFO: return "fifo";
    case DT_SOCK: return "socket";
    case DT_REG: return "file";
    default: return "unknown";  // this file system does not say, readdir(3)
  }
}

class ReadDir : public Operation {
 public:
  explicit ReadDir(const Napi::Object& from)
      : Operation(js::text(from, "path")), limit_(size_t(js::number(from, "maxEntries"))) {}

  Fields run(const Place& place) override {
    std::string name;
    const Fd parent = place.parentOf(path_, name);
    Fd fd(check(::openat(parent.get(), name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC), "openat", path_));
    std::unique_ptr<DIR, int (*)(DIR*)> stream(::fdopendir(fd.get()), ::closedir);
    if (!stream) fail("fdopendir", path_);
    fd.release();  // the stream's now
    List entries;
    bool truncated = false;
    for (;;) {
      errno = 0;
      const dirent* entry = ::readdir(stream.get());
      if (!entry && errno != 0) fail("readdir", path_);
      if (!entry) break;
      const std::string_view called = entry->d_name;
      if (called == "." || called == "..") continue;
      truncated = entries.size() == limit_;
      if (truncated) break;
      auto& fields = entries.emplace_back();
      fields.emplace_back("name", std::string(called));
      fields.emplace_back("kind", std::string(kindOf(entry->d_type)));
    }
    Fields fields;
    fields.emplace_back("entries", std::move(entries));
    fields.emplace_back("truncated", truncated);
    return fields;
  }

 private:
  const size_t limit_;
};

class Open : public Operation {
  using Operation::Operation;

  Fields run(const Place& place) override {
    std::string name;
    const Fd parent = place.parentOf(path_, name);
    Fields fields;
    fields.emplace_back("fd", openName(parent, name, path_));
    return fields;
  }
};
}  // namespace

OperationPtr decodeRead(const std::string& op, const Napi::Object& from) {
  if (op == "readlink") return std::make_unique<Readlink>(js::text(from, "path"));
  if (op == "readFile") return std::make_unique<ReadFile>(from);
  if (op == "readDir") return std::make_unique<ReadDir>(from);
  if (op == "open") return std::make_unique<Open>(js::text(from, "path"));
  return nullptr;
}
