#include <isa-l/crc.h>
#include <isa-l/igzip_lib.h>
#include <napi.h>

#include <algorithm>
#include <condition_variable>
#include <cstring>
#include <mutex>
#include <stdexcept>
#include <thread>
#include <vector>

#include "byte_source.h"
#include "digesting_writer.h"
#include "errors.h"
#include "inflated.h"
#include "job.h"
#include "register.h"
#include "values.h"

namespace slipway {
namespace {

// Part of the output's definition: another size gives other bytes.
constexpr size_t kBlock = 1 << 20;
constexpr unsigned kMaxThreads = 8;

// RFC 1952: no name, no time, unknown system. And an empty final block, which ends the independent ones.
constexpr std::string_view kHeader("\x1f\x8b\x08\0\0\0\0\0\0\xff", 10);
constexpr std::string_view kFinalBlock("\x03\x00", 2);

struct Block {
  std::vector<char> input;
  size_t input_size = 0;
  std::vector<char> output;
  size_t output_size = 0;
  bool done = false;
};

size_t LevelBufferSize(unsigned level) {
  constexpr size_t sizes[] = {ISAL_DEF_LVL0_DEFAULT, ISAL_DEF_LVL1_DEFAULT, ISAL_DEF_LVL2_DEFAULT,
                              ISAL_DEF_LVL3_DEFAULT};
  return sizes[level];
}

/** Compresses blocks, each without reference to another and ending on a whole byte, so that they can stand
 * one behind the other. */
class Compressor {
 public:
  explicit Compressor(unsigned level) : level_(level), level_buffer_(LevelBufferSize(level)) {}

  void Run(Block& block) {
    isal_zstream stream;
    isal_deflate_stateless_init(&stream);
    stream.level = level_;
    stream.level_buf = level_buffer_.data();
    stream.level_buf_size = static_cast<uint32_t>(level_buffer_.size());
    stream.flush = FULL_FLUSH;
    stream.next_in = reinterpret_cast<uint8_t*>(block.input.data());
    stream.avail_in = static_cast<uint32_t>(block.input_size);
    stream.next_out = reinterpret_cast<uint8_t*>(block.output.data());
    stream.avail_out = static_cast<uint32_t>(block.output.size());
    if (isal_deflate_stateless(&stream) != COMP_OK)
      throw std::runtime_error("igzip could not compress a block");
    block.output_size = block.output.size() - stream.avail_out;
  }

 private:
  const unsigned level_;
  std::vector<uint8_t> level_buffer_;
};

/** A ring of blocks: filled and emptied in order by one thread, compressed by several. */
class Deflater {
 public:
  Deflater(int from, int to, unsigned level, unsigned threads)
      : source_(from), writer_(to), level_(level), ring_(2 * threads + 1), count_(threads), own_(level) {
    for (Block& block : ring_) {
      block.input.resize(kBlock);
      // Incompressible input is stored, with five bytes before each 64 KiB.
      block.output.resize(kBlock + kBlock / 64 + 4096);
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
    writer_.Write(kHeader);
    while (Fill()) {
      if (filled_ - written_ == ring_.size()) Write();
    }
    while (written_ < filled_) Write();
    writer_.Write(kFinalBlock);
    const uint32_t trailer[] = {crc_, static_cast<uint32_t>(size_)};
    writer_.Write({reinterpret_cast<const char*>(trailer), sizeof trailer});
    return {"gzip", {sha256_.Finish(), size_}, writer_.Finish()};
  }

 private:
  /** Reads the next block and gives it to the threads; false at the end of the input. */
  bool Fill() {
    CheckInterrupted();
    Block& block = ring_[filled_ % ring_.size()];
    block.input_size = ReadBlock(block.input);
    if (block.input_size == 0) return false;
    sha256_.Update(block.input.data(), block.input_size);
    crc_ = crc32_gzip_refl(crc_, reinterpret_cast<unsigned char*>(block.input.data()), block.input_size);
    size_ += block.input_size;
    block.done = false;
    if (threads_.empty() && block.input_size == kBlock) StartThreads();
    const std::lock_guard lock(mutex_);
    ++filled_;
    changed_.notify_all();
    return true;
  }

  size_t ReadBlock(std::vector<char>& to) {
    size_t size = 0;
    while (size < to.size()) {
      const std::string_view ready = source_.Peek().substr(0, to.size() - size);
      if (ready.empty()) break;
      std::memcpy(to.data() + size, ready.data(), ready.size());
      source_.Consume(ready.size());
      size += ready.size();
    }
    return size;
  }

  void StartThreads() {
    for (unsigned i = 0; i < count_; ++i) threads_.emplace_back([this] { Work(); });
  }

  void Work() {
    Compressor compressor(level_);
    std::unique_lock lock(mutex_);
    for (;;) {
      changed_.wait(lock, [this] { return closed_ || next_ < filled_; });
      if (next_ >= filled_) return;
      Block& block = ring_[next_++ % ring_.size()];
      lock.unlock();
      std::exception_ptr failed;
      try {
        compressor.Run(block);
      } catch (...) {
        failed = std::current_exception();
      }
      lock.lock();
      if (failed) failed_ = failed;
      block.done = true;
      changed_.notify_all();
    }
  }

  /** Waits for the oldest block and writes it. */
  void Write() {
    Block& block = ring_[written_ % ring_.size()];
    if (threads_.empty()) {
      own_.Run(block);
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

  const unsigned level_;
  std::vector<Block> ring_;
  const unsigned count_;
  Compressor own_;
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
  const int level = ToInt(info[2]);
  if (level < ISAL_DEF_MIN_LEVEL || level > ISAL_DEF_MAX_LEVEL) {
    throw SyscallError{EINVAL, "deflate", {}, "the level has to be 0 to 3"};
  }
  const unsigned wanted =
      info[3].IsNumber() ? info[3].As<Napi::Number>().Uint32Value() : std::thread::hardware_concurrency();
  const unsigned threads = std::clamp(wanted, 1U, kMaxThreads);
  return RunJob(
      info.Env(),
      [from = ToInt(info[0]), to = ToInt(info[1]), level = static_cast<unsigned>(level), threads] {
        return Deflater(from, to, level, threads).Run();
      },
      InflatedToJs);
}

}  // namespace

void RegisterDeflate(Napi::Env env, Napi::Object exports) { Export<Deflate>(env, exports, "deflate"); }

}  // namespace slipway
