#pragma once

#include <condition_variable>
#include <cstdint>
#include <exception>
#include <mutex>
#include <span>
#include <string_view>
#include <thread>
#include <vector>

#include "sha256.h"

namespace slipway {

/** Writes all of `data` at the descriptor's position. */
void WriteAll(int fd, const char* data, size_t size);

/**
 * Writes a stream to a descriptor and digests it: producing, hashing and writing overlap over a ring of
 * buffers, so memory is bounded. Buffers of zeros become holes of a regular file. Output that fits one buffer
 * starts no thread. Used by one producer.
 */
class DigestingWriter {
 public:
  struct Result {
    Digest sha256;
    uint64_t size;
  };

  explicit DigestingWriter(int fd);
  /** Gives up when Finish() was not called: what is queued may or may not be written. */
  ~DigestingWriter();
  DigestingWriter(const DigestingWriter&) = delete;
  DigestingWriter& operator=(const DigestingWriter&) = delete;

  /** The unused rest of the current buffer, never empty: fill its start and Commit() that many bytes. */
  std::span<char> Space();
  void Commit(size_t size);
  void Write(std::string_view bytes);
  void WriteZeros(size_t count);
  uint64_t Size() const { return size_; }

  /** Waits until everything is written. Throws what failed on the way. */
  Result Finish();

 private:
  enum Stage { kHash, kWrite, kStages };
  struct Buffer {
    std::vector<char> bytes;
    size_t used = 0;
  };

  void Publish();
  void StartThreads();
  void RunStage(Stage stage);
  void Process(Stage stage, const Buffer& buffer);
  void SettleLength();
  uint64_t Slowest() const;

  const int fd_;
  const bool sparse_;
  bool ends_in_hole_ = false;
  Sha256 sha256_;
  uint64_t size_ = 0;
  std::vector<Buffer> ring_;
  std::vector<std::thread> threads_;

  std::mutex mutex_;
  std::condition_variable changed_;
  uint64_t filled_ = 0;
  uint64_t done_[kStages] = {};
  bool closed_ = false;
  bool abandoned_ = false;
  std::exception_ptr failed_;
};

}  // namespace slipway
