#pragma once
#include <sys/stat.h>

#include <string>
#include <vector>

#include "fd.h"
#include "identity.h"

// Where nothing is made for a container, though we could: we have more rights than its root.
struct Confinement {
  struct Range {
    uint64_t outside, count;
  };
  // Ids of the host that its user namespace maps; without any, all are.
  std::vector<Range> uids, gids;
  // Directories of the host's; inode 0: all of that file system.
  std::vector<Identity> avoid;

  // Throws for a directory in which the container's root could not make a file itself, capable_wrt_inode_uidgid in
  // kernel/capability.c, and for one of the host's. The container mounts what it sees wherever it likes.
  void check(const Fd& directory, const std::string& path) const;
};
