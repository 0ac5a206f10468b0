#include <dirent.h>
#include <limits.h>

#include <algorithm>

#include "js.h"
#include "operation.h"

namespace {
// What is not there reads as empty, with exists false: absence is an answer, no failure.
class Readlink : public Operation {
  using Operation::Operation;

  Fields run(const Place& place) override {
    std::string text;
    const bool exists = present([&] {
      std::string name;
      const Fd parent = place.parentOf(path_, name);
      char buffer[PATH_MAX];
      text.assign(buffer, size_t(check(::readlinkat(parent.get(), name.c_str(), buffer, sizeof buffer), "readlinkat", path_)));
    });
    Fields fields;
    fields.emplace_back("exists", exists);
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
    Bytes data;
    const bool exists = present([&] { data = read(place); });
    const bool truncated = data.size() > limit_;
    if (truncated) data.resize(limit_);
    Fields fields;
    fields.emplace_back("exists", exists);
    fields.emplace_back("data", std::move(data));
    fields.emplace_back("truncated", truncated);
    return fields;
  }

 private:
  // Up to one byte more than the limit, to notice a longer file.
  Bytes read(const Place& place) const {
    std::string name;
    const Fd parent = place.parentOf(path_, name);
    const Fd look = openName(parent, name, path_);
    const auto seen = statFd(look, path_);
    if (S_ISLNK(seen.st_mode)) fail("openat", path_, ELOOP);
    if (!S_ISREG(seen.st_mode)) fail("openat", path_, S_ISDIR(seen.st_mode) ? EISDIR : EINVAL);
    const Fd fd = place.reopen(look, O_RDONLY | O_NOCTTY, path_);
    Bytes data;
    char part[16 * 1024];  // st_size says nothing in procfs and sysfs
    while (data.size() <= limit_) {
      const ssize_t size = ::read(fd.get(), part, std::min(sizeof part, limit_ + 1 - data.size()));
      if (size < 0 && errno == EINTR) continue;
      if (check(size, "read", path_) == 0) break;
      data.insert(data.end(), part, part + size);
    }
    return data;
  }

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
    List entries;
    const bool exists = present([&] { entries = read(place); });
    const bool truncated = entries.size() > limit_;
    if (truncated) entries.pop_back();
    Fields fields;
    fields.emplace_back("exists", exists);
    fields.emplace_back("entries", std::move(entries));
    fields.emplace_back("truncated", truncated);
    return fields;
  }

 private:
  // Up to one entry more than the limit, to notice a longer directory.
  List read(const Place& place) const {
    std::string name;
    const Fd parent = place.parentOf(path_, name);
    Fd fd(check(::openat(parent.get(), name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC), "openat", path_));
    std::unique_ptr<DIR, Close> stream(::fdopendir(fd.get()));
    if (!stream) fail("fdopendir", path_);
    fd.release();  // the stream's now
    List entries;
    while (entries.size() <= limit_) {
      errno = 0;
      const dirent* entry = ::readdir(stream.get());
      if (!entry && errno != 0) fail("readdir", path_);
      if (!entry) break;
      const std::string_view called = entry->d_name;
      if (called == "." || called == "..") continue;
      auto& fields = entries.emplace_back();
      fields.emplace_back("name", std::string(called));
      fields.emplace_back("kind", std::string(kindOf(entry->d_type)));
    }
    return entries;
  }

  struct Close {
    void operator()(DIR* stream) const { ::closedir(stream); }
  };

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
