#pragma once
#include <napi.h>

#include <memory>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "identity.h"
#include "place.h"

// The result of an operation, made in a thread and turned into a JavaScript object later.
struct Value;
using Fields = std::vector<std::pair<const char*, Value>>;
using Bytes = std::vector<char>;
using List = std::vector<Fields>;
struct Value : std::variant<bool, double, uint64_t, std::string, Bytes, Fields, List, Fd> {
  using variant::variant;
};

inline Fields fieldsOf(const Identity& identity) {
  Fields fields;
  fields.emplace_back("dev", identity.dev);
  fields.emplace_back("ino", identity.ino);
  return fields;
}

inline Fields absent() {
  Fields fields;
  fields.emplace_back("exists", false);
  return fields;
}

class Operation {
 public:
  explicit Operation(std::string path) : path_(std::move(path)) {}
  virtual ~Operation() = default;
  virtual void prepare() {}  // in the thread, still in our mount namespace
  virtual Fields run(const Place& place) = 0;

  // Its failure is a result like others, and what comes after it is done all the same.
  bool mayFail = false;

 protected:
  const std::string path_;
};

using OperationPtr = std::unique_ptr<Operation>;

// Each family knows its own operations and says null to others.
OperationPtr decodeStat(const std::string& op, const Napi::Object& from);
OperationPtr decodeMake(const std::string& op, const Napi::Object& from);
OperationPtr decodeBind(const std::string& op, const Napi::Object& from);
OperationPtr decodeRemove(const std::string& op, const Napi::Object& from);
OperationPtr decodeRead(const std::string& op, const Napi::Object& from);
OperationPtr decodeWrite(const std::string& op, const Napi::Object& from);
OperationPtr decodeHeld(const std::string& op, const Napi::Object& from);
OperationPtr decodeMembers(const std::string& op, const Napi::Object& from);

Napi::Object toJs(Napi::Env env, Fields& fields);
Identity identityFrom(const Napi::Object& from, const char* key);
