#include <sys/statfs.h>
#include <time.h>
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

// Says in one word what is there, to be compared with later: of a directory which it is and on what kind of mount, of a file its
// contents too. Empty where nothing is, and for a file that changed just now: the clock of file systems is coarse, and a change that
// comes next may look the same.
std::string markOf(const struct statx& seen, const struct statfs& system) {
  std::string mark;
  const auto add = [&mark](uint64_t number) { mark.append(std::to_string(number)).append(":"); };
  add(::makedev(seen.stx_dev_major, seen.stx_dev_minor));
  add(seen.stx_ino);
  add(seen.stx_mode & S_IFMT);
  add(uint64_t(system.f_flags) & (ST_RDONLY | ST_NODEV));
  if (!S_ISREG(seen.stx_mode)) return mark;
  timespec now;
  ::clock_gettime(CLOCK_REALTIME, &now);
  if (now.tv_sec - seen.stx_ctime.tv_sec < 2) return {};
  for (const auto& time : {seen.stx_mtime, seen.stx_ctime}) {
    add(uint64_t(time.tv_sec));
    add(time.tv_nsec);
  }
  add(seen.stx_size);
  return mark;
}

struct Sight {
  struct statx seen;
  struct statfs system;
};

// Nothing where nothing is.
std::optional<Sight> sightOf(const Place& place, const std::string& path) {
  Fd fd;
  if (!present([&] {
        std::string name;
        const Fd parent = place.parentOf(path, name);
        fd = openName(parent, name, path);
      }))
    return std::nullopt;
  Sight sight;
  check(::statx(fd.get(), "", AT_EMPTY_PATH, STATX_BASIC_STATS, &sight.seen), "statx", path);
  check(::fstatfs(fd.get(), &sight.system), "fstatfs", path);
  return sight;
}

// Fails where a path has another mark by now, so that what comes after it is not done.
class Expect : public Operation {
 public:
  explicit Expect(const Napi::Object& from) : Operation(js::text(from, "path")), mark_(js::text(from, "mark")) {}

  Fields run(const Place& place) override {
    const auto sight = sightOf(place, path_);
    if (mark_.empty() || !sight || markOf(sight->seen, sight->system) != mark_) fail("expect", path_, ESTALE);
    Fields fields;
    fields.emplace_back("expected", true);
    return fields;
  }

 private:
  const std::string mark_;
};

// What is at a path, and the mount it lies on.
class Stat : public Operation {
  using Operation::Operation;

  Fields run(const Place& place) override {
    const auto sight = sightOf(place, path_);
    return sight ? describe(sight->seen, sight->system) : absent();
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
    fields.emplace_back("mark", markOf(seen, system));
    return fields;
  }
};
}  // namespace

OperationPtr decodeStat(const std::string& op, const Napi::Object& from) {
  if (op == "stat") return std::make_unique<Stat>(js::text(from, "path"));
  if (op == "expect") return std::make_unique<Expect>(from);
  return nullptr;
}
