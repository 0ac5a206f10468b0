// execute(target | undefined, rootFd, operations, callback) → abandon()
#include "dispatcher.h"
#include "install.h"
#include "job.h"
#include "js.h"

namespace {
using Decoder = OperationPtr (*)(const std::string&, const Napi::Object&);
constexpr Decoder decoders[] = {decodeStat, decodeMake, decodeBind, decodeRemove, decodeRead, decodeWrite, decodeHeld, decodeMembers};

OperationPtr decode(const Napi::Object& from) {
  const auto op = js::text(from, "op");
  for (auto decoder : decoders)
    if (auto operation = decoder(op, from)) {
      operation->mayFail = js::flag(from, "mayFail");
      return operation;
    }
  fail("operation", op, ENOSYS);
}

std::vector<Confinement::Range> rangesFrom(const Napi::Object& from, const char* key) {
  std::vector<Confinement::Range> ranges;
  const auto list = from.Get(key).As<Napi::Array>();
  for (uint32_t i = 0; i < list.Length(); i++) {
    const auto range = list.Get(i).As<Napi::Object>();
    ranges.push_back({uint64_t(js::number(range, "outside")), uint64_t(js::number(range, "count"))});
  }
  return ranges;
}

Confinement confinementFrom(const Napi::Object& target) {
  const auto value = target.Get("confine");
  if (!value.IsObject()) return {};
  const auto from = value.As<Napi::Object>();
  Confinement confinement{rangesFrom(from, "uids"), rangesFrom(from, "gids"), {}};
  const auto avoid = from.Get("avoid").As<Napi::Array>();
  for (uint32_t i = 0; i < avoid.Length(); i++) {
    const auto directory = avoid.Get(i).As<Napi::Object>();
    confinement.avoid.push_back({js::big(directory, "dev"), js::big(directory, "ino")});
  }
  return confinement;
}

std::shared_ptr<Job> jobFrom(const Napi::CallbackInfo& info) {
  auto job = std::make_shared<Job>();
  if (info[0].IsObject()) {
    const auto target = info[0].As<Napi::Object>();
    job->target = MountTarget{Fd::copyOf(js::integer(target, "pidfd"), "pidfd"), js::integer(target, "pid"),
                              js::natural(target, "rootUid"), js::natural(target, "rootGid"), confinementFrom(target)};
  } else {
    job->root = Fd::copyOf(js::integer(info[1]), "rootFd");
  }
  const auto operations = info[2].As<Napi::Array>();
  for (uint32_t i = 0; i < operations.Length(); i++)
    job->operations.push_back(decode(operations.Get(i).As<Napi::Object>()));
  return job;
}

struct Convert {
  Napi::Env env;
  Napi::Value operator()(Fields& fields) const { return toJs(env, fields); }
  Napi::Value operator()(const SysError& error) const { return js::error(env, error).Value(); }
};

// (refused | undefined, results): an error in place of the result of an operation that failed; without arguments when it was abandoned
void settle(Napi::Env env, Job& job, const Napi::FunctionReference& callback) {
  auto results = Napi::Array::New(env, job.results.size());
  for (uint32_t i = 0; i < job.results.size(); i++) results.Set(i, std::visit(Convert{env}, job.results[i]));
  js::call(env, callback, {job.refused ? js::error(env, *job.refused).Value() : env.Undefined(), results});
}

Napi::Value execute(const Napi::CallbackInfo& info) {
  auto job = jobFrom(info);
  auto dispatcher = Dispatcher::of(info.Env());
  const auto ticket = dispatcher->keep(info[3].As<Napi::Function>());
  try {
    startJob(job, [job, dispatcher, ticket] {
      dispatcher->post([job, dispatcher, ticket](Napi::Env env) {
        auto callback = dispatcher->take(ticket);
        if (callback.IsEmpty()) return;
        if (job->abandoned)
          js::call(env, callback, {});  // nobody waits for it any more, but its thread has ended
        else
          settle(env, *job, callback);
      });
    });
  } catch (...) {
    dispatcher->take(ticket);
    throw;
  }
  return Napi::Function::New(info.Env(), [weak = std::weak_ptr(job)](const Napi::CallbackInfo&) {
    if (auto job = weak.lock()) job->abandoned = true;
  });
}
}  // namespace

void installExecute(Napi::Object& exports) { js::add<execute>(exports, "execute"); }
