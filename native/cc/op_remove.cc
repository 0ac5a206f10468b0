#include "js.h"
#include "operation.h"

namespace {
// unlink and rmdir: only the inode named. Linux has no unlink by inode; between the look and the
// unlink only the container itself can put something of its own there.
class Remove : public Operation {
 public:
  Remove(const Napi::Object& from, bool directory)
      : Operation(js::text(from, "path")),
        expect_(identityFrom(from, "expect")),
        confined_(js::flag(from, "confined")),
        directory_(directory) {}

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
    if (identityOf(*seen) != expect_) return "foreign";
    if (confined_) place.checkMaking(parent, path_);
    if (::unlinkat(parent.get(), name.c_str(), directory_ ? AT_REMOVEDIR : 0) == 0) return "ours";
    if (errno == ENOENT) return "missing";
    if (directory_ && (errno == ENOTEMPTY || errno == EEXIST)) return "notEmpty";  // rmdir(2): either
    fail("unlinkat", path_);
  }

  const Identity expect_;
  const bool confined_, directory_;
};
}  // namespace

OperationPtr decodeRemove(const std::string& op, const Napi::Object& from) {
  if (op == "unlink") return std::make_unique<Remove>(from, false);
  if (op == "rmdir") return std::make_unique<Remove>(from, true);
  return nullptr;
}
