#include "confine.h"

#include <algorithm>

namespace {
bool maps(const std::vector<Confinement::Range>& ranges, uint64_t id) {
  return ranges.empty() || std::any_of(ranges.begin(), ranges.end(), [id](const auto& range) {
           return id >= range.outside && id - range.outside < range.count;
         });
}
}  // namespace

void Confinement::check(const Fd& directory, const std::string& path) const {
  const auto seen = statFd(directory, path);
  for (const auto& [dev, ino] : avoid)
    if (seen.st_dev == dev && (ino == 0 || seen.st_ino == ino)) fail("directory of the host", path, EXDEV);
  const bool anybodys = (seen.st_mode & S_IWOTH) != 0;
  if (!anybodys && !(maps(uids, seen.st_uid) && maps(gids, seen.st_gid)))
    fail("directory not of the container", path, EACCES);
}
