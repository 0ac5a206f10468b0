// members: the processes that share a namespace, and all that descend from them. One walk over /proc, in a thread, as it takes longer
// the more processes there are.
#include <cstring>
#include <unordered_map>
#include <unordered_set>

#include "js.h"
#include "operation.h"
#include "proc.h"

namespace {
// All of a small file; nothing where it cannot be read.
std::string textOf(int parent, const std::string& name) {
  std::string text;
  const Fd fd(::openat(parent, name.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) return text;
  char part[4096];
  for (ssize_t size; (size = ::read(fd.get(), part, sizeof part)) > 0;) text.append(part, size_t(size));
  return text;
}

// `mnt:[4026531841]`, namespaces(7); 0 where we may not look, or where that thread has ended.
uint64_t namespaceOf(int proc, const std::string& thread, const char* kind) {
  char link[64];
  const std::string name = thread + "/ns/" + kind;
  const ssize_t size = ::readlinkat(proc, name.c_str(), link, sizeof link - 1);
  if (size <= 0) return 0;
  link[size] = 0;
  const char* number = std::strchr(link, '[');
  return number ? std::strtoull(number + 1, nullptr, 10) : 0;
}

// Of a process whose first thread has ended, the others say it.
uint64_t namespaceOf(int proc, pid_t pid, const char* kind) {
  const std::string name = std::to_string(pid);
  uint64_t found = namespaceOf(proc, name, kind);
  if (found != 0) return found;
  for (const pid_t thread : numbersIn(proc, name + "/task"))
    if ((found = namespaceOf(proc, name + "/task/" + std::to_string(thread), kind)) != 0) return found;
  return 0;
}

// Field 4 of /proc/PID/stat, behind a name that may hold anything.
pid_t parentOf(int proc, pid_t pid) {
  const std::string text = textOf(proc, std::to_string(pid) + "/stat");
  const size_t afterName = text.rfind(") ");
  return afterName == std::string::npos ? 0 : pid_t(std::strtol(text.c_str() + std::min(afterName + 4, text.size()), nullptr, 10));
}

using Children = std::unordered_map<pid_t, std::vector<pid_t>>;

// Where the kernel keeps no lists of children (CONFIG_PROC_CHILDREN), each process is asked for its parent.
Children childrenByParent(int proc, const std::vector<pid_t>& all) {
  Children children;
  for (const pid_t pid : all) children[parentOf(proc, pid)].push_back(pid);
  return children;
}

std::vector<pid_t> childrenOf(int proc, pid_t pid) {
  std::vector<pid_t> children;
  const std::string threads = std::to_string(pid) + "/task";
  for (const pid_t thread : numbersIn(proc, threads)) {
    const std::string text = textOf(proc, threads + "/" + std::to_string(thread) + "/children");
    for (const char* at = text.c_str(); *at;) {
      char* end;
      const long child = std::strtol(at, &end, 10);
      if (end == at) break;
      children.push_back(pid_t(child));
      at = end + std::strspn(end, " ");
    }
  }
  return children;
}

class Members : public Operation {
 public:
  explicit Members(const Napi::Object& from)
      : Operation(js::text(from, "path")),
        mnt_(uint64_t(js::number(from, "mnt"))),
        pid_(uint64_t(js::number(from, "pidNamespace"))),
        byParents_(js::flag(from, "byParents")) {}

  Fields run(const Place& place) override {
    std::string name;
    const Fd parent = place.parentOf(path_, name);
    const int proc = parent.get();
    const auto all = numbersIn(proc, ".");
    std::vector<pid_t> members;
    std::unordered_set<pid_t> seen;
    for (const pid_t pid : all)
      if (isInside(proc, pid) && seen.insert(pid).second) members.push_back(pid);
    const bool lists = !byParents_ && ::faccessat(proc, "thread-self/children", R_OK, 0) == 0;
    Children known = lists ? Children() : childrenByParent(proc, all);
    for (size_t i = 0; i < members.size(); i++)
      for (const pid_t child : lists ? childrenOf(proc, members[i]) : known[members[i]])
        if (seen.insert(child).second) members.push_back(child);
    List entries;
    for (const pid_t pid : members) entries.emplace_back().emplace_back("pid", double(pid));
    Fields fields;
    fields.emplace_back("entries", std::move(entries));
    return fields;
  }

 private:
  bool isInside(int proc, pid_t pid) const {
    return namespaceOf(proc, pid, "mnt") == mnt_ || (pid_ != 0 && namespaceOf(proc, pid, "pid") == pid_);
  }

  const uint64_t mnt_, pid_;
  const bool byParents_;
};
}  // namespace

OperationPtr decodeMembers(const std::string& op, const Napi::Object& from) {
  if (op == "members") return std::make_unique<Members>(from);
  return nullptr;
}
