#pragma once
#include <string>

#include "confine.h"
#include "fd.h"

// Where operations work: a root directory (a container's, or one of ours). Everything here runs in
// a throwaway thread.
class Place {
 public:
  Place(Fd root, Fd ourFds, Confinement confinement)
      : root_(std::move(root)), ourFds_(std::move(ourFds)), confinement_(std::move(confinement)) {}

  // The directory that holds the last component of `path`, as an O_PATH descriptor; `name` is that
  // component. No symlink is followed and nothing above the root is reached, openat2(2).
  Fd parentOf(const std::string& path, std::string& name) const;

  // Throws where nothing is to be made, see Confinement. The descriptor looked at is the one that is then used.
  void checkMaking(const Fd& parent, const std::string& path) const { confinement_.check(parent, path); }
  Fd parentToMakeIn(const std::string& path, std::string& name) const;

  // Opens again what an O_PATH descriptor refers to: exactly that inode, no path is walked.
  Fd reopen(const Fd& fd, int flags, const std::string& path) const;

  // On an O_PATH descriptor, so that neither can hit anything else.
  void setOwner(const Fd& fd, unsigned uid, unsigned gid, const std::string& path) const;
  void setMode(const Fd& fd, unsigned mode, const std::string& path) const;

 private:
  Fd root_;
  Fd ourFds_;  // /proc/self/fd of our own procfs: the container's /proc may be anything
  Confinement confinement_;
};
