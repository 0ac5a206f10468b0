// The few commands of bpf(2) that device cgroups need. Programs and their meaning are made in TypeScript.
#include <linux/bpf.h>
#include <sys/syscall.h>

#include <cstring>
#include <vector>

#include "fd.h"
#include "install.h"
#include "js.h"

namespace {
int bpf(bpf_cmd command, bpf_attr& attributes) {
  return static_cast<int>(::syscall(SYS_bpf, command, &attributes, sizeof attributes));
}

template <typename Pointer>
uint64_t address(Pointer* pointer) {
  return reinterpret_cast<uint64_t>(pointer);
}

bpf_prog_info programInfo(int fd, std::vector<bpf_insn>* instructions, std::vector<uint32_t>* maps) {
  bpf_prog_info info{};
  if (instructions) {
    info.xlated_prog_insns = address(instructions->data());
    info.xlated_prog_len = static_cast<uint32_t>(instructions->size() * sizeof(bpf_insn));
  }
  if (maps) {
    info.map_ids = address(maps->data());
    info.nr_map_ids = static_cast<uint32_t>(maps->size());
  }
  bpf_attr attributes{};
  attributes.info.bpf_fd = static_cast<uint32_t>(fd);
  attributes.info.info = address(&info);
  attributes.info.info_len = sizeof info;
  check(bpf(BPF_OBJ_GET_INFO_BY_FD, attributes), "bpf", "BPF_OBJ_GET_INFO_BY_FD");
  return info;
}

Fd openById(bpf_cmd command, uint32_t id, const char* what) {
  bpf_attr attributes{};
  attributes.prog_id = id;  // the same place as map_id
  return Fd(check(bpf(command, attributes), "bpf", what));
}

// (cgroup fd, with those of the cgroups above) → program ids
Napi::Value attachedPrograms(const Napi::CallbackInfo& info) {
  std::vector<uint32_t> ids(256);
  bpf_attr attributes{};
  attributes.query.target_fd = static_cast<uint32_t>(js::integer(info[0]));
  attributes.query.attach_type = BPF_CGROUP_DEVICE;
  attributes.query.query_flags = info[1].ToBoolean() ? BPF_F_QUERY_EFFECTIVE : 0;
  attributes.query.prog_ids = address(ids.data());
  attributes.query.prog_cnt = static_cast<uint32_t>(ids.size());
  check(bpf(BPF_PROG_QUERY, attributes), "bpf", "BPF_PROG_QUERY");
  auto result = Napi::Array::New(info.Env());
  for (uint32_t i = 0; i < attributes.query.prog_cnt; ++i) result.Set(i, ids[i]);
  return result;
}

// (program id) → { name, instructions, maps }
Napi::Value readProgram(const Napi::CallbackInfo& info) {
  const auto program = openById(BPF_PROG_GET_FD_BY_ID, info[0].ToNumber().Uint32Value(), "BPF_PROG_GET_FD_BY_ID");
  const auto sizes = programInfo(program.get(), nullptr, nullptr);
  std::vector<bpf_insn> instructions(sizes.xlated_prog_len / sizeof(bpf_insn));
  std::vector<uint32_t> maps(sizes.nr_map_ids);
  const auto facts = programInfo(program.get(), &instructions, &maps);
  auto result = Napi::Object::New(info.Env());
  result.Set("name", std::string(facts.name, ::strnlen(facts.name, sizeof facts.name)));
  // Null where the kernel hides the text (net.core.bpf_jit_harden).
  const size_t bytes = facts.xlated_prog_insns ? instructions.size() * sizeof(bpf_insn) : 0;
  result.Set("instructions", Napi::Buffer<char>::Copy(info.Env(), reinterpret_cast<char*>(instructions.data()), bytes));
  auto ids = Napi::Array::New(info.Env());
  for (uint32_t i = 0; i < maps.size(); ++i) ids.Set(i, maps[i]);
  result.Set("maps", ids);
  return result;
}

// (name, key bytes, value bytes, entries) → fd
Napi::Value createMap(const Napi::CallbackInfo& info) {
  const auto name = info[0].ToString().Utf8Value();
  bpf_attr attributes{};
  attributes.map_type = BPF_MAP_TYPE_HASH;
  attributes.key_size = info[1].ToNumber().Uint32Value();
  attributes.value_size = info[2].ToNumber().Uint32Value();
  attributes.max_entries = info[3].ToNumber().Uint32Value();
  attributes.map_flags = BPF_F_NO_PREALLOC;
  name.copy(attributes.map_name, sizeof attributes.map_name - 1);
  return Napi::Number::New(info.Env(), check(bpf(BPF_MAP_CREATE, attributes), "bpf", "BPF_MAP_CREATE"));
}

// (map id) → fd
Napi::Value openMap(const Napi::CallbackInfo& info) {
  auto map = openById(BPF_MAP_GET_FD_BY_ID, info[0].ToNumber().Uint32Value(), "BPF_MAP_GET_FD_BY_ID");
  return Napi::Number::New(info.Env(), map.release());
}

// (map fd, key, value)
Napi::Value updateMap(const Napi::CallbackInfo& info) {
  const auto key = js::bytes(info[1]), value = js::bytes(info[2]);
  bpf_attr attributes{};
  attributes.map_fd = static_cast<uint32_t>(js::integer(info[0]));
  attributes.key = address(key.data());
  attributes.value = address(value.data());
  check(bpf(BPF_MAP_UPDATE_ELEM, attributes), "bpf", "BPF_MAP_UPDATE_ELEM");
  return info.Env().Undefined();
}

// (map fd, key) → whether it was there
Napi::Value deleteFromMap(const Napi::CallbackInfo& info) {
  const auto key = js::bytes(info[1]);
  bpf_attr attributes{};
  attributes.map_fd = static_cast<uint32_t>(js::integer(info[0]));
  attributes.key = address(key.data());
  const bool found = bpf(BPF_MAP_DELETE_ELEM, attributes) == 0;
  if (!found && errno != ENOENT) fail("bpf", "BPF_MAP_DELETE_ELEM");
  return Napi::Boolean::New(info.Env(), found);
}

// (name, instructions) → fd
Napi::Value loadDeviceProgram(const Napi::CallbackInfo& info) {
  const auto name = info[0].ToString().Utf8Value();
  const auto instructions = js::bytes(info[1]);
  const auto load = [&](char* log, uint32_t logBytes) {
    bpf_attr attributes{};
    attributes.prog_type = BPF_PROG_TYPE_CGROUP_DEVICE;
    attributes.insn_cnt = static_cast<uint32_t>(instructions.size() / sizeof(bpf_insn));
    attributes.insns = address(instructions.data());
    attributes.license = address("Apache-2.0");
    attributes.log_level = log ? 1 : 0;
    attributes.log_buf = address(log);
    attributes.log_size = logBytes;
    name.copy(attributes.prog_name, sizeof attributes.prog_name - 1);
    return bpf(BPF_PROG_LOAD, attributes);
  };
  int fd = load(nullptr, 0);
  if (fd < 0 && errno != EPERM) {
    // Only the verifier's words tell why; it is asked for them in a second run, as a log slows the first.
    std::vector<char> log(64 * 1024);
    fd = load(log.data(), static_cast<uint32_t>(log.size()));
    const int number = errno;
    if (fd < 0) fail("bpf", std::string("BPF_PROG_LOAD\n") + log.data(), number);
  }
  return Napi::Number::New(info.Env(), check(fd, "bpf", "BPF_PROG_LOAD"));
}

// (cgroup fd, program fd, id of the program that it takes the place of, or 0)
Napi::Value attachProgram(const Napi::CallbackInfo& info) {
  const uint32_t replaced = info[2].ToNumber().Uint32Value();
  const auto old = replaced ? openById(BPF_PROG_GET_FD_BY_ID, replaced, "BPF_PROG_GET_FD_BY_ID") : Fd();
  bpf_attr attributes{};
  attributes.target_fd = static_cast<uint32_t>(js::integer(info[0]));
  attributes.attach_bpf_fd = static_cast<uint32_t>(js::integer(info[1]));
  attributes.attach_type = BPF_CGROUP_DEVICE;
  attributes.attach_flags = BPF_F_ALLOW_MULTI | (old ? BPF_F_REPLACE : 0);
  if (old) attributes.replace_bpf_fd = static_cast<uint32_t>(old.get());
  check(bpf(BPF_PROG_ATTACH, attributes), "bpf", "BPF_PROG_ATTACH");
  return info.Env().Undefined();
}
}  // namespace

void installBpf(Napi::Object& exports) {
  js::add<attachedPrograms>(exports, "bpfAttachedPrograms");
  js::add<readProgram>(exports, "bpfReadProgram");
  js::add<createMap>(exports, "bpfCreateMap");
  js::add<openMap>(exports, "bpfOpenMap");
  js::add<updateMap>(exports, "bpfUpdateMap");
  js::add<deleteFromMap>(exports, "bpfDeleteFromMap");
  js::add<loadDeviceProgram>(exports, "bpfLoadDeviceProgram");
  js::add<attachProgram>(exports, "bpfAttachProgram");
}
