#include <isa-l/crc.h>
#include <napi.h>

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <vector>

#include "byte_source.h"
#include "digesting_writer.h"
#include "encoders.h"
#include "errors.h"
#include "inflated.h"
#include "job.h"
#include "register.h"
#include "values.h"

namespace slipway {
namespace {

constexpr unsigned kMaxThreads = 8;

struct Block {
  std::vector<char> input;
  size_t input_size = 0;
  std::vector<char> output;
  size_t output_size = 0;
  bool done = false;
};

/** A ring of blocks: filled and emptied in order by one thread, compressed by several. */
class Deflater {
 public:
  Deflater(int from, int to, const Encoding& encoding, int level, unsigned threads)
      : source_(from),
        writer_(to),
        encoding_(encoding),
        level_(level),
        ring_(2 * threads + 1),
        count_(threads),
        own_(encoding.encoder(level)) {
    for (Block& block : ring_) {
      block.input.resize(encoding.block);
      block.output.resize(encoding.bound);
    }
  }

  ~Deflater() {
    {
      const std::lock_guard lock(mutex_);
      closed_ = true;
      next_ = filled_;
    }
    changed_.notify_all();
    for (std::thread& thread : threads_) thread.join();
  }

  Inflated Run() {
    writer_.Write(encoding_.header);
    while (Fill()) {
      if (filled_ - written_ == ring_.size()) Write();
    }
    while (written_ < filled_) Write();
    writer_.Write(encoding_.trailer(crc_, size_));
    return {encoding_.name, {sha256_.Finish(), size_}, writer_.Finish()};
  }

 private:
  /** Reads the next block and gives it to the threads; false at the end of the input. */
  bool Fill() {
    CheckInterrupted();
    Block& block = ring_[filled_ % ring_.size()];
    block.input_size = source_.Fill(block.input.data(), block.input.size());
    if (block.input_size == 0) return false;
    sha256_.Update(block.input.data(), block.input_size);
    crc_ = crc32_gzip_refl(crc_, reinterpret_cast<unsigned char*>(block.input.data()), block.input_size);
    size_ += block.input_size;
    block.done = false;
    if (threads_.empty() && block.input_size == encoding_.block) StartThreads();
    const std::lock_guard lock(mutex_);
    ++filled_;
    changed_.notify_all();
    return true;
  }

  void StartThreads() {
    for (unsigned i = 0; i < count_; ++i) threads_.emplace_back([this] { Work(); });
  }

  void Work() {
    const std::unique_ptr<BlockEncoder> encoder = encoding_.encoder(level_);
    std::unique_lock lock(mutex_);
    for (;;) {
      changed_.wait(lock, [this] { return closed_ || next_ < filled_; });
      if (next_ >= filled_) return;
      Block& block = ring_[next_++ % ring_.size()];
      lock.unlock();
      std::exception_ptr failed;
      try {
        Compress(*encoder, block);
      } catch (...) {
        failed = std::current_exception();
      }
      lock.lock();
      if (failed) failed_ = failed;
      block.done = true;
      changed_.notify_all();
    }
  }

  static void Compress(BlockEncoder& encoder, Block& block) {
    block.output_size = encoder.Run({block.input.data(), block.input_size}, block.output);
  }

  /** Waits for the oldest block and writes it. */
  void Write() {
    Block& block = ring_[written_ % ring_.size()];
    if (threads_.empty()) {
      Compress(*own_, block);
    } else {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [&] { return block.done; });
      if (failed_) std::rethrow_exception(failed_);
    }
    writer_.Write({block.output.data(), block.output_size});
    ++written_;
  }

  ByteSource source_;
  DigestingWriter writer_;
  Sha256 sha256_;
  uint32_t crc_ = 0;
  uint64_t size_ = 0;

  const Encoding& encoding_;
  const int level_;
  std::vector<Block> ring_;
  const unsigned count_;
  const std::unique_ptr<BlockEncoder> own_;
  std::vector<std::thread> threads_;

  std::mutex mutex_;
  std::condition_variable changed_;
  uint64_t filled_ = 0;
  uint64_t next_ = 0;
  uint64_t written_ = 0;
  bool closed_ = false;
  std::exception_ptr failed_;
};

Napi::Value Deflate(const Napi::CallbackInfo& info) {
  const Encoding* const encoding = EncodingOf(info[2].ToString().Utf8Value());
  if (encoding == nullptr) throw SyscallError{EINVAL, "deflate", {}, "the format has to be gzip or zstd"};
  const int level = ToInt(info[3]);
  if (level < encoding->lowest_level || level > encoding->highest_level) {
    throw SyscallError{EINVAL, "deflate", {}, "there is no such level"};
  }
  const unsigned wanted =
      info[4].IsNumber() ? info[4].As<Napi::Number>().Uint32Value() : std::thread::hardware_concurrency();
  const unsigned threads = std::clamp(wanted, 1U, kMaxThreads);
  return RunJob(
      info.Env(),
      [from = ToInt(info[0]), to = ToInt(info[1]), encoding, level, threads] {
        return Deflater(from, to, *encoding, level, threads).Run();
      },
      InflatedToJs);
}

}  // namespace

void RegisterDeflate(Napi::Env env, Napi::Object exports) { Export<Deflate>(env, exports, "deflate"); }

}  // namespace slipway
