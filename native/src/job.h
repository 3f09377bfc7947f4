#pragma once

#include <napi.h>

#include <exception>
#include <memory>
#include <optional>
#include <utility>

#include "interrupt.h"
#include "values.h"

namespace slipway {

/** Work on a thread of its own whose end settles a promise. Every JavaScript value it needs was converted
 * before. */
class Job {
 public:
  explicit Job(Napi::Env env) : deferred_(Napi::Promise::Deferred::New(env)) {}
  virtual ~Job() = default;

  /** On the job's thread. */
  virtual void Run() = 0;
  /** On the JavaScript thread, after Run() returned. */
  virtual Napi::Value Result(Napi::Env env) = 0;

  /** Starts the thread, which owns `job` from then on. */
  static Napi::Promise Start(Napi::Env env, std::unique_ptr<Job> job);

 private:
  static void Settle(napi_env env, napi_value, void*, void* data);
  void RunGuarded() noexcept;

  Napi::Promise::Deferred deferred_;
  std::exception_ptr thrown_;
};

/** Runs `work` on a thread and resolves with what `convert(env, result)` makes of its result. */
template <typename Work, typename Convert>
Napi::Value RunJob(Napi::Env env, Work work, Convert convert) {
  using Value = decltype(work());
  class Typed final : public Job {
   public:
    Typed(Napi::Env env, Work work, Convert convert)
        : Job(env), work_(std::move(work)), convert_(std::move(convert)) {}
    void Run() override { value_.emplace(work_()); }
    Napi::Value Result(Napi::Env env) override { return convert_(env, std::move(*value_)); }

   private:
    Work work_;
    Convert convert_;
    std::optional<Value> value_;
  };
  return Job::Start(env, std::make_unique<Typed>(env, std::move(work), std::move(convert)));
}

/** As RunJob(), at once and on this thread: for work that takes less time than starting a thread. */
template <typename Work, typename Convert>
Napi::Value RunHere(Napi::Env env, Work work, Convert convert) {
  const Napi::Promise::Deferred deferred = Napi::Promise::Deferred::New(env);
  try {
    deferred.Resolve(convert(env, work()));
  } catch (...) {
    deferred.Reject(ToError(env, std::current_exception()));
  }
  return deferred.Promise();
}

/** RunJob() for work without a result. */
template <typename Work>
Napi::Value RunJob(Napi::Env env, Work work) {
  return RunJob(
      env,
      [work = std::move(work)]() mutable {
        work();
        return true;
      },
      [](Napi::Env env, bool) { return env.Undefined(); });
}

void RegisterJobs(Napi::Env env, Napi::Object exports);

}  // namespace slipway
