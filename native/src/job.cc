#include "job.h"

#include <atomic>
#include <chrono>
#include <thread>

#include "errors.h"

namespace slipway {
namespace {

// Trivially destructible on purpose: job threads may outlive static destruction.
std::atomic<bool> stopping{false};
std::atomic<int> running{0};

/** Called when the process ends: jobs stop at their next step; one that is blocked in a read does not hold
 * the exit up. */
void Stop(const Napi::CallbackInfo&) {
  stopping = true;
  for (int waited = 0; running > 0 && waited < 200; ++waited) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
}

}  // namespace

void CheckInterrupted() {
  if (stopping.load(std::memory_order_relaxed)) throw Interrupted{};
}

void Job::RunGuarded() noexcept {
  try {
    Run();
  } catch (...) {
    thrown_ = std::current_exception();
  }
}

void Job::Settle(napi_env env, napi_value, void*, void* data) {
  std::unique_ptr<Job> job(static_cast<Job*>(data));
  if (env == nullptr) return;
  try {
    if (job->thrown_) {
      job->deferred_.Reject(ToError(env, job->thrown_));
    } else {
      job->deferred_.Resolve(job->Result(env));
    }
  } catch (const Napi::Error& error) {
    job->deferred_.Reject(error.Value());
  }
}

Napi::Promise Job::Start(Napi::Env env, std::unique_ptr<Job> job) {
  napi_threadsafe_function settle = nullptr;
  const napi_status status =
      napi_create_threadsafe_function(env, nullptr, nullptr, Napi::String::New(env, "slipway:kernel"), 0, 1,
                                      nullptr, nullptr, nullptr, &Job::Settle, &settle);
  if (status != napi_ok) throw Napi::Error::New(env);
  const Napi::Promise promise = job->deferred_.Promise();
  ++running;
  try {
    std::thread([job = job.get(), settle] {
      job->RunGuarded();
      --running;
      // The environment may be gone: then nobody frees the job, and the process ends anyway.
      napi_call_threadsafe_function(settle, job, napi_tsfn_nonblocking);
      napi_release_threadsafe_function(settle, napi_tsfn_release);
    }).detach();
  } catch (const std::exception&) {
    --running;
    napi_release_threadsafe_function(settle, napi_tsfn_abort);
    ThrowErrno("clone", {}, EAGAIN);
  }
  static_cast<void>(job.release());
  return promise;
}

void RegisterJobs(Napi::Env env, Napi::Object exports) { Export<Stop>(env, exports, "stop"); }

}  // namespace slipway
