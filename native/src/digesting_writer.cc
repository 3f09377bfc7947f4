#include "digesting_writer.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>

#include "errors.h"
#include "interrupt.h"

namespace slipway {
namespace {

constexpr size_t kBufferSize = 512 << 10;
constexpr size_t kBuffers = 16;

bool IsRegular(int fd) {
  struct stat stat;
  Check(::fstat(fd, &stat), "fstat");
  return S_ISREG(stat.st_mode);
}

/** Content that has any byte set nearly always has one at its beginning, so this costs nothing there. */
bool IsZero(const char* data, size_t size) {
  return data[0] == 0 && std::memcmp(data, data + 1, size - 1) == 0;
}

}  // namespace

void WriteAll(int fd, const char* data, size_t size) {
  while (size > 0) {
    const ssize_t written = ::write(fd, data, size);
    if (written < 0 && errno == EINTR) continue;
    Check(written, "write");
    data += written;
    size -= static_cast<size_t>(written);
  }
}

DigestingWriter::DigestingWriter(int fd) : fd_(fd), sparse_(IsRegular(fd)), ring_(kBuffers) {
  ring_[0].bytes.resize(kBufferSize);
}

DigestingWriter::~DigestingWriter() {
  {
    const std::lock_guard lock(mutex_);
    abandoned_ = true;
  }
  changed_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

std::span<char> DigestingWriter::Space() {
  Buffer& buffer = ring_[filled_ % kBuffers];
  return {buffer.bytes.data() + buffer.used, buffer.bytes.size() - buffer.used};
}

void DigestingWriter::Commit(size_t size) {
  Buffer& buffer = ring_[filled_ % kBuffers];
  buffer.used += size;
  size_ += size;
  if (buffer.used == buffer.bytes.size()) Publish();
}

void DigestingWriter::Write(std::string_view bytes) {
  while (!bytes.empty()) {
    const std::span<char> space = Space();
    const size_t size = std::min(space.size(), bytes.size());
    std::memcpy(space.data(), bytes.data(), size);
    Commit(size);
    bytes.remove_prefix(size);
  }
}

void DigestingWriter::WriteZeros(size_t count) {
  while (count > 0) {
    const std::span<char> space = Space();
    const size_t size = std::min(space.size(), count);
    std::memset(space.data(), 0, size);
    Commit(size);
    count -= size;
  }
}

uint64_t DigestingWriter::Slowest() const { return *std::min_element(done_, done_ + kStages); }

/** Hands the current buffer to the stages and makes the next one free. */
void DigestingWriter::Publish() {
  CheckInterrupted();
  if (threads_.empty()) StartThreads();
  std::unique_lock lock(mutex_);
  ++filled_;
  changed_.notify_all();
  changed_.wait(lock, [this] { return failed_ || filled_ - Slowest() < kBuffers; });
  if (failed_) std::rethrow_exception(failed_);
  Buffer& next = ring_[filled_ % kBuffers];
  next.used = 0;
  if (next.bytes.empty()) next.bytes.resize(kBufferSize);
}

void DigestingWriter::StartThreads() {
  threads_.reserve(kStages);
  for (const Stage stage : {kHash, kWrite}) threads_.emplace_back(&DigestingWriter::RunStage, this, stage);
}

void DigestingWriter::Process(Stage stage, const Buffer& buffer) {
  if (stage == kHash) {
    sha256_.Update(buffer.bytes.data(), buffer.used);
  } else if (sparse_ && buffer.used == kBufferSize && IsZero(buffer.bytes.data(), buffer.used)) {
    Check(::lseek(fd_, static_cast<off_t>(buffer.used), SEEK_CUR), "lseek");
    ends_in_hole_ = true;
  } else {
    WriteAll(fd_, buffer.bytes.data(), buffer.used);
    if (buffer.used > 0) ends_in_hole_ = false;
  }
}

/** A hole at the end is no part of the file until its length says so. */
void DigestingWriter::SettleLength() {
  if (!ends_in_hole_) return;
  const off_t end = ::lseek(fd_, 0, SEEK_CUR);
  Check(end, "lseek");
  Check(::ftruncate(fd_, end), "ftruncate");
}

void DigestingWriter::RunStage(Stage stage) {
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [&] { return abandoned_ || closed_ || done_[stage] < filled_; });
    if (abandoned_ || failed_ || done_[stage] == filled_) return;
    const Buffer& buffer = ring_[done_[stage] % kBuffers];
    lock.unlock();
    std::exception_ptr failed;
    try {
      Process(stage, buffer);
    } catch (...) {
      failed = std::current_exception();
    }
    lock.lock();
    if (failed) failed_ = failed;
    ++done_[stage];
    changed_.notify_all();
  }
}

DigestingWriter::Result DigestingWriter::Finish() {
  if (threads_.empty()) {
    for (const Stage stage : {kHash, kWrite}) Process(stage, ring_[0]);
    SettleLength();
    return {sha256_.Finish(), size_};
  }
  {
    const std::lock_guard lock(mutex_);
    if (ring_[filled_ % kBuffers].used > 0) ++filled_;
    closed_ = true;
  }
  changed_.notify_all();
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
  if (failed_) std::rethrow_exception(failed_);
  SettleLength();
  return {sha256_.Finish(), size_};
}

}  // namespace slipway
