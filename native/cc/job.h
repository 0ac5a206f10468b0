#pragma once
#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <variant>
#include <vector>

#include "operation.h"

// A container to work in, or nothing for our own mount namespace.
struct MountTarget {
  Fd pidfd;
  pid_t pid;
  unsigned rootUid, rootGid;
  Confinement confinement;
};

// Operations on their way through a throwaway thread. Shared between that thread and JavaScript's;
// if the thread never comes back (a dead file system), it keeps its share and nothing else suffers.
struct Job {
  std::optional<MountTarget> target;
  Fd root;  // without a target
  std::vector<OperationPtr> operations;
  std::vector<std::variant<Fields, SysError>> results;  // of the operations that were tried, in order; the last may have ended it
  std::optional<SysError> refused;  // nothing was tried
  std::atomic<bool> abandoned{false};

  void run();

 private:
  Place enter();
  void perform();
};

// Runs the job in a detached thread, then `done` there.
void startJob(std::shared_ptr<Job> job, std::function<void()> done);
