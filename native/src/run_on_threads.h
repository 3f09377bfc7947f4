#pragma once

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

namespace slipway {

/** How many threads are worth their start for `most` things at once. */
inline unsigned WorkerCount(size_t most) {
  const unsigned cores = std::max(1U, std::thread::hardware_concurrency());
  return static_cast<unsigned>(std::min<size_t>({cores, 8, std::max<size_t>(most, 1)}));
}

/** Helping threads take what others leave: beside them a layer may be written, whose one sha256 has to have a
 * processor of its own. */
constexpr int kHelperNice = 10;

/** Runs `work` on `count` threads, the calling one among them, and throws the first of their exceptions. */
template <typename Work>
void RunOnThreads(unsigned count, Work work) {
  std::exception_ptr thrown;
  std::mutex mutex;
  const auto guarded = [&] {
    try {
      work();
    } catch (...) {
      const std::lock_guard lock(mutex);
      if (!thrown) thrown = std::current_exception();
    }
  };
  std::vector<std::thread> threads;
  for (unsigned i = 1; i < count; ++i)
    threads.emplace_back([&] {
      // Of a thread, on Linux; one that stays as it is helps as well.
      ::setpriority(PRIO_PROCESS, static_cast<id_t>(::gettid()), kHelperNice);
      guarded();
    });
  guarded();
  for (std::thread& thread : threads) thread.join();
  if (thrown) std::rethrow_exception(thrown);
}

}  // namespace slipway
