#include <sys/mount.h>
#include <sys/sysmacros.h>

#include "js.h"
#include "operation.h"
#include "syscalls.h"

namespace {
// A node made in a directory of ours, mounted over a new empty file in the container.
class Bind : public Operation {
 public:
  explicit Bind(const Napi::Object& from)
      : Operation(js::text(from, "path")),
        directory_(Fd::copyOf(js::integer(from, "directoryFd"), "directoryFd")),
        source_(js::text(from, "source")),
        type_(js::text(from, "type") == "b" ? S_IFBLK : S_IFCHR),
        device_(::makedev(js::natural(from, "major"), js::natural(from, "minor"))),
        mode_(js::natural(from, "mode")),
        uid_(js::natural(from, "uid")),
        gid_(js::natural(from, "gid")) {}

  // open_tree(2) clones only mounts of the caller's own namespace: before setns. Nobody else reaches that directory, so its names
  // can be trusted.
  void prepare() override {
    const int at = directory_.get();
    check(::mknodat(at, source_.c_str(), type_, device_), "mknodat", source_);
    check(::fchownat(at, source_.c_str(), uid_, gid_, AT_SYMLINK_NOFOLLOW), "fchownat", source_);
    check(::fchmodat(at, source_.c_str(), mode_, 0), "fchmodat", source_);
    const int flags = AT_SYMLINK_NOFOLLOW | OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC;
    tree_.reset(check(sys::openTree(at, source_.c_str(), flags), "open_tree", source_));
  }

  Fields run(const Place& place) override {
    std::string name;
    const Fd parent = place.parentToMakeIn(path_, name);
    const int flags = O_CREAT | O_EXCL | O_NOFOLLOW | O_RDONLY | O_CLOEXEC;
    const Fd point(check(::openat(parent.get(), name.c_str(), flags, 0), "openat", path_));
    const Identity below = identityOf(statFd(point, path_));
    if (sys::moveMount(tree_.get(), "", point.get(), "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH) < 0) {
      const int number = errno;
      undo(parent, name, below);
      fail("move_mount", path_, number);
    }
    Fields fields = fieldsOf(identityOf(statFd(tree_, path_)));
    fields.emplace_back("mountPointDev", below.dev);
    fields.emplace_back("mountPointIno", below.ino);
    return fields;
  }

 private:
  const Fd directory_;
  const std::string source_;
  const mode_t type_;
  const dev_t device_;
  const unsigned mode_, uid_, gid_;
  Fd tree_;
};

// Takes the mount away, and the file below, each only when it is exactly the inode named.
class Unbind : public Operation {
 public:
  explicit Unbind(const Napi::Object& from)
      : Operation(js::text(from, "path")), expect_(identityFrom(from, "expect")), point_(identityFrom(from, "mountPoint")), confined_(js::flag(from, "confined")) {}

  Fields run(const Place& place) override {
    Fields fields;
    fields.emplace_back("found", std::string(remove(place)));
    return fields;
  }

 private:
  const char* remove(const Place& place) const {
    std::string name;
    Fd parent;
    if (!present([&] { parent = place.parentOf(path_, name); })) return "missing";
    const auto seen = statName(parent, name, path_);
    if (!seen) return "missing";
    const bool mounted = identityOf(*seen) == expect_;
    if (!mounted && identityOf(*seen) != point_) return "foreign";
    if (confined_) place.checkMaking(parent, path_);
    if (mounted) {
      // umount2(2) has no *at form; the working directory is this thread's own (CLONE_FS unshared).
      check(::fchdir(parent.get()), "fchdir", path_);
      check(::umount2(name.c_str(), MNT_DETACH | UMOUNT_NOFOLLOW), "umount2", path_);
    }
    const auto left = statName(parent, name, path_);
    if (left && identityOf(*left) == point_) check(::unlinkat(parent.get(), name.c_str(), 0), "unlinkat", path_);
    return "ours";
  }

  const Identity expect_;
  const Identity point_;
  const bool confined_;
};
}  // namespace

OperationPtr decodeBind(const std::string& op, const Napi::Object& from) {
  if (op == "bind") return std::make_unique<Bind>(from);
  if (op == "unbind") return std::make_unique<Unbind>(from);
  return nullptr;
}
