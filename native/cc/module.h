#pragma once
#include <cstdint>
#include <string_view>

#include "fd.h"
#include "receipt.h"

// /dev/udevns, kernel/module.
class Module {
 public:
  // Nothing is asked of the file before it is known to be that device.
  Module(unsigned major, unsigned minor);

  int fd() const { return device_.get(); }
  bool hasGate() const;
  void setGate(int netns, bool closed) const;
  void close() { device_.reset(); }

 private:
  Fd device_;
};

// Sends into one network namespace, which it pins: close it when the container is gone.
class ModuleSender {
 public:
  ModuleSender(const Module& module, int pidfd);

  uint64_t netnsInode() const { return inode_; }
  void send(unsigned group, std::string_view payload, Receipt* receipt, std::string_view note) const;
  void close() {
    device_.reset();
    netns_.reset();
  }

 private:
  Fd device_;
  Fd netns_;
  uint64_t inode_ = 0;
};
