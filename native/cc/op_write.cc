#include <sys/random.h>

#include "js.h"
#include "operation.h"

namespace {
std::string temporaryName() {
  uint64_t number = 0;
  check(::getrandom(&number, sizeof number, 0), "getrandom", "temporary name");
  return ".#udevns-" + std::to_string(number);  // readers of /run/udev/data skip names with a dot
}

// Readers see the old file or the whole new one: written beside it, then renamed over it.
class WriteFile : public Operation {
 public:
  explicit WriteFile(const Napi::Object& from)
      : Operation(js::text(from, "path")),
        data_(js::bytes(from.Get("data"))),
        mode_(js::natural(from, "mode")),
        uid_(js::natural(from, "uid")),
        gid_(js::natural(from, "gid")),
        keep_(js::flag(from, "keep")) {}

  Fields run(const Place& place) override {
    std::string name;
    const Fd parent = place.parentOf(path_, name);
    if (keep_)
      if (const auto seen = statName(parent, name, path_)) return written(identityOf(*seen), false);
    place.checkMaking(parent, path_);
    const std::string temporary = temporaryName();
    const int flags = O_CREAT | O_EXCL | O_NOFOLLOW | O_WRONLY | O_CLOEXEC;
    const Fd fd(check(::openat(parent.get(), temporary.c_str(), flags, 0), "openat", path_));
    const Identity ours = identityOf(statFd(fd, path_));
    try {
      write(fd);
      check(::fchown(fd.get(), uid_, gid_), "fchown", path_);
      check(::fchmod(fd.get(), mode_), "fchmod", path_);
      const unsigned flags = keep_ ? RENAME_NOREPLACE : 0;
      const bool made = ::renameat2(parent.get(), temporary.c_str(), parent.get(), name.c_str(), flags) == 0;
      // Somebody was quicker: theirs is the one to keep.
      const auto seen = !made && keep_ && errno == EEXIST ? statName(parent, name, path_) : std::nullopt;
      if (!made && !seen) fail("renameat2", path_);
      if (seen) {
        undo(parent, temporary, ours);
        return written(identityOf(*seen), false);
      }
    } catch (...) {
      undo(parent, temporary, ours);
      throw;
    }
    return written(ours, true);
  }

 private:
  static Fields written(const Identity& identity, bool created) {
    Fields fields = fieldsOf(identity);
    fields.emplace_back("created", created);
    return fields;
  }

  void write(const Fd& fd) const {
    for (size_t done = 0; done < data_.size();) {
      const ssize_t part = ::write(fd.get(), data_.data() + done, data_.size() - done);
      if (part < 0 && errno == EINTR) continue;
      done += size_t(check(part, "write", path_));
    }
  }

  const std::string data_;
  const unsigned mode_, uid_, gid_;
  const bool keep_;
};
}  // namespace

OperationPtr decodeWrite(const std::string& op, const Napi::Object& from) {
  if (op == "writeFile") return std::make_unique<WriteFile>(from);
  return nullptr;
}
