#include <sys/fsuid.h>
#include <sys/sysmacros.h>

#include "js.h"
#include "operation.h"

namespace {
struct Ownership {
  unsigned uid, gid;
  explicit Ownership(const Napi::Object& from) : uid(js::natural(from, "uid")), gid(js::natural(from, "gid")) {}
};

// Between making and opening, root in the container can put something else under the name. What is
// ours was made by this thread, with mode 0; anything else must not get an owner from us.
void checkFresh(const struct stat& seen, mode_t type, const char* call, const std::string& path) {
  const bool fresh = (seen.st_mode & S_IFMT) == type && (seen.st_mode & 0777) == 0 &&
                     seen.st_uid == uid_t(::setfsuid(uid_t(-1)));  // -1 changes nothing, setfsuid(2)
  if (!fresh) fail(call, path, ESTALE);
}

Fields created(bool made, const Identity& identity) {
  Fields fields = fieldsOf(identity);
  fields.emplace_back("created", made);
  return fields;
}

// A directory that is there already is left as it is.
class Mkdir : public Operation {
 public:
  explicit Mkdir(const Napi::Object& from)
      : Operation(js::text(from, "path")), mode_(js::natural(from, "mode")), owner_(from) {}

  Fields run(const Place& place) override {
    std::string name;
    const Fd parent = place.parentOf(path_, name);
    const bool made = !statName(parent, name, path_) && make(place, parent, name);
    const Fd fd = openName(parent, name, path_);
    const auto seen = statFd(fd, path_);
    if (!S_ISDIR(seen.st_mode)) fail("mkdirat", path_, EEXIST);
    if (made) checkFresh(seen, S_IFDIR, "mkdirat", path_);
    if (made) try {
        place.setOwner(fd, owner_.uid, owner_.gid, path_);
        place.setMode(fd, mode_, path_);
      } catch (...) {
        undo(parent, name, identityOf(seen), AT_REMOVEDIR);
        throw;
      }
    return created(made, identityOf(seen));
  }

 private:
  bool make(const Place& place, const Fd& parent, const std::string& name) const {
    place.checkMaking(parent, path_);
    if (::mkdirat(parent.get(), name.c_str(), 0) == 0) return true;
    if (errno != EEXIST) fail("mkdirat", path_);
    return false;
  }

  const unsigned mode_;
  const Ownership owner_;
};

// Born with mode 0, so nobody can open the node before it has its owner.
class Mknod : public Operation {
 public:
  explicit Mknod(const Napi::Object& from)
      : Operation(js::text(from, "path")),
        type_(js::text(from, "type") == "b" ? S_IFBLK : S_IFCHR),
        device_(::makedev(js::natural(from, "major"), js::natural(from, "minor"))),
        mode_(js::natural(from, "mode")),
        owner_(from) {}

  Fields run(const Place& place) override {
    std::string name;
    const Fd parent = place.parentToMakeIn(path_, name);
    check(::mknodat(parent.get(), name.c_str(), type_, device_), "mknodat", path_);
    const Fd fd = openName(parent, name, path_);
    const auto seen = statFd(fd, path_);
    checkFresh(seen, type_, "mknodat", path_);
    if (seen.st_rdev != device_) fail("mknodat", path_, ESTALE);
    try {
      place.setOwner(fd, owner_.uid, owner_.gid, path_);
      place.setMode(fd, mode_, path_);
    } catch (...) {
      undo(parent, name, identityOf(seen));
      throw;
    }
    return fieldsOf(identityOf(seen));
  }

 private:
  const mode_t type_;
  const dev_t device_;
  const unsigned mode_;
  const Ownership owner_;
};

// A link with the same text counts as made.
class Symlink : public Operation {
 public:
  explicit Symlink(const Napi::Object& from)
      : Operation(js::text(from, "path")), to_(js::text(from, "to")), owner_(from) {}

  Fields run(const Place& place) override {
    std::string name;
    const Fd parent = place.parentToMakeIn(path_, name);
    const bool made = ::symlinkat(to_.c_str(), parent.get(), name.c_str()) == 0;
    if (!made && errno != EEXIST) fail("symlinkat", path_);
    const Fd fd = openName(parent, name, path_);
    const auto seen = statFd(fd, path_);
    if (!same(fd)) fail("symlinkat", path_, EEXIST);
    if (made) try {
        place.setOwner(fd, owner_.uid, owner_.gid, path_);
      } catch (...) {
        undo(parent, name, identityOf(seen));
        throw;
      }
    return created(made, identityOf(seen));
  }

 private:
  bool same(const Fd& link) const {
    std::string text(to_.size() + 1, '\0');  // one more, to notice a longer link
    const ssize_t size = ::readlinkat(link.get(), "", text.data(), text.size());
    return size == ssize_t(to_.size()) && text.compare(0, to_.size(), to_) == 0;
  }

  const std::string to_;
  const Ownership owner_;
};
}  // namespace

OperationPtr decodeMake(const std::string& op, const Napi::Object& from) {
  if (op == "mkdir") return std::make_unique<Mkdir>(from);
  if (op == "mknod") return std::make_unique<Mknod>(from);
  if (op == "symlink") return std::make_unique<Symlink>(from);
  return nullptr;
}
