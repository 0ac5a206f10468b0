#include <sys/statfs.h>
#include <sys/sysmacros.h>

#include "js.h"
#include "operation.h"

#ifndef ST_NODEV
#define ST_NODEV 4  // statfs(2); musl's <sys/statfs.h> has no flag names
#endif
#ifndef ST_RDONLY
#define ST_RDONLY 1
#endif

namespace {
const char* kindOf(mode_t mode) {
  switch (mode & S_IFMT) {
    case S_IFDIR: return "dir";
    case S_IFCHR: return "char";
    case S_IFBLK: return "block";
    case S_IFLNK: return "symlink";
    case S_IFIFO: return "fifo";
    case S_IFSOCK: return "socket";
    default: return "file";
  }
}

// What is at a path, and the mount it lies on.
class Stat : public Operation {
  using Operation::Operation;

  Fields run(const Place& place) override {
    Fd fd;
    if (!present([&] {
          std::string name;
          const Fd parent = place.parentOf(path_, name);
          fd = openName(parent, name, path_);
        }))
      return absent();
    struct statx seen;
    check(::statx(fd.get(), "", AT_EMPTY_PATH, STATX_BASIC_STATS, &seen), "statx", path_);
    struct statfs system;
    check(::fstatfs(fd.get(), &system), "fstatfs", path_);
    return describe(seen, system);
  }

  static Fields describe(const struct statx& seen, const struct statfs& system) {
    Fields rdev, mount, fields;
    rdev.emplace_back("major", double(seen.stx_rdev_major));
    rdev.emplace_back("minor", double(seen.stx_rdev_minor));
    mount.emplace_back("readOnly", (system.f_flags & ST_RDONLY) != 0);
    mount.emplace_back("noDev", (system.f_flags & ST_NODEV) != 0);
    mount.emplace_back("isRoot", (seen.stx_attributes & STATX_ATTR_MOUNT_ROOT) != 0);
    fields.emplace_back("exists", true);
    fields.emplace_back("kind", std::string(kindOf(seen.stx_mode)));
    fields.emplace_back("dev", uint64_t(::makedev(seen.stx_dev_major, seen.stx_dev_minor)));
    fields.emplace_back("ino", uint64_t(seen.stx_ino));
    fields.emplace_back("rdev", std::move(rdev));
    fields.emplace_back("mode", double(seen.stx_mode & 07777));
    fields.emplace_back("uid", double(seen.stx_uid));
    fields.emplace_back("gid", double(seen.stx_gid));
    fields.emplace_back("size", double(seen.stx_size));
    fields.emplace_back("fsType", double(uint32_t(system.f_type)));
    fields.emplace_back("mount", std::move(mount));
    return fields;
  }
};
}  // namespace

OperationPtr decodeStat(const std::string& op, const Napi::Object& from) {
  if (op == "stat") return std::make_unique<Stat>(js::text(from, "path"));
  return nullptr;
}
