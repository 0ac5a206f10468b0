#pragma once
// What /proc says of processes and threads by number.
#include <dirent.h>
#include <sys/types.h>

#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include "fd.h"

struct CloseDir {
  void operator()(DIR* stream) const { ::closedir(stream); }
};
using Dir = std::unique_ptr<DIR, CloseDir>;

inline Dir streamOf(Fd fd, const std::string& name) {
  Dir stream(::fdopendir(fd.get()));
  if (!stream) fail("fdopendir", name);
  fd.release();  // the stream's now
  return stream;
}

// The names in a directory that are numbers, first the process's own where they are its threads; none where it has ended.
inline std::vector<pid_t> numbersIn(int parent, const std::string& name) {
  std::vector<pid_t> numbers;
  Fd fd(::openat(parent, name.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd) return numbers;
  const Dir stream = streamOf(std::move(fd), name);
  while (const dirent* entry = ::readdir(stream.get()))
    if (entry->d_name[0] >= '1' && entry->d_name[0] <= '9') numbers.push_back(pid_t(std::strtol(entry->d_name, nullptr, 10)));
  return numbers;
}
