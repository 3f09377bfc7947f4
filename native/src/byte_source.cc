#include "byte_source.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>

#include "digesting_writer.h"
#include "errors.h"
#include "interrupt.h"

namespace slipway {

ByteSource::ByteSource(int fd) : fd_(fd), buffer_(new char[kSize]) {
  struct stat stat;
  Check(::fstat(fd, &stat), "fstat");
  seekable_ = S_ISREG(stat.st_mode);
  end_ = static_cast<uint64_t>(stat.st_size);
}

std::string_view ByteSource::Peek(size_t least) {
  while (used_ - at_ < least) {
    std::memmove(buffer_.get(), buffer_.get() + at_, used_ - at_);
    used_ -= at_;
    at_ = 0;
    const size_t got = ReadSome(buffer_.get() + used_, kSize - used_);
    if (got == 0) break;
    used_ += got;
  }
  return {buffer_.get() + at_, used_ - at_};
}

/** One read(2); 0 at the end. */
size_t ByteSource::ReadSome(char* to, size_t size) {
  for (;;) {
    CheckInterrupted();
    const ssize_t got =
        seekable_ ? ::pread(fd_, to, size, static_cast<off_t>(offset_)) : ::read(fd_, to, size);
    if (got < 0 && errno == EINTR) continue;
    Check(got, "read");
    offset_ += static_cast<uint64_t>(got);
    return static_cast<size_t>(got);
  }
}

size_t ByteSource::Fill(char* to, size_t size) {
  size_t filled = std::min(size, used_ - at_);
  std::memcpy(to, buffer_.get() + at_, filled);
  Consume(filled);
  while (filled < size) {
    const size_t got = ReadSome(to + filled, size - filled);
    if (got == 0) break;
    filled += got;
  }
  return filled;
}

void ByteSource::Consume(size_t size) { at_ += size; }

bool ByteSource::Read(char* to, size_t size) {
  while (size > 0) {
    const std::string_view ready = Peek().substr(0, size);
    if (ready.empty()) return false;
    std::memcpy(to, ready.data(), ready.size());
    Consume(ready.size());
    to += ready.size();
    size -= ready.size();
  }
  return true;
}

bool ByteSource::Skip(uint64_t size) {
  const uint64_t buffered = std::min<uint64_t>(size, used_ - at_);
  Consume(buffered);
  size -= buffered;
  if (seekable_ && size > 0) {
    if (offset_ > end_ || size > end_ - offset_) return false;
    offset_ += size;
    return true;
  }
  while (size > 0) {
    const std::string_view ready = Peek().substr(0, size);
    if (ready.empty()) return false;
    Consume(ready.size());
    size -= ready.size();
  }
  return true;
}

/** Bytes of a hole at the offset, at most `size`. */
uint64_t ByteSource::HoleHere(uint64_t size) const {
  const off_t data = ::lseek(fd_, static_cast<off_t>(offset_), SEEK_DATA);
  const uint64_t until = data >= 0 ? static_cast<uint64_t>(data) : errno == ENXIO ? end_ : offset_;
  return until > offset_ ? std::min(until - offset_, size) : 0;
}

/** Bytes of data at the offset, at most `size`; all of them where the filesystem cannot tell. */
uint64_t ByteSource::DataHere(uint64_t size) const {
  const off_t hole = ::lseek(fd_, static_cast<off_t>(offset_), SEEK_HOLE);
  return hole > static_cast<off_t>(offset_) ? std::min(static_cast<uint64_t>(hole) - offset_, size) : size;
}

/** Copies what copy_file_range(2) is able to; the filesystem may share the blocks instead. Holes stay holes.
 */
uint64_t ByteSource::CopyInKernel(int out, uint64_t size) {
  uint64_t copied = 0;
  while (copied < size) {
    CheckInterrupted();
    if (const uint64_t hole = HoleHere(size - copied); hole > 0) {
      if (::lseek(out, static_cast<off_t>(hole), SEEK_CUR) < 0) return copied;
      offset_ += hole;
      copied += hole;
      continue;
    }
    auto from = static_cast<off64_t>(offset_);
    const size_t step = DataHere(std::min<uint64_t>(size - copied, 64 << 20));
    const ssize_t got = ::copy_file_range(fd_, &from, out, nullptr, step, 0);
    if (got <= 0) return copied;
    offset_ += static_cast<uint64_t>(got);
    copied += static_cast<uint64_t>(got);
  }
  return copied;
}

bool ByteSource::CopyTo(int out, uint64_t size) {
  while (size > 0) {
    if (at_ == used_ && seekable_ && size >= kSize) size -= CopyInKernel(out, size);
    if (size == 0) return true;
    const std::string_view ready = Peek().substr(0, size);
    if (ready.empty()) return false;
    WriteAll(out, ready.data(), ready.size());
    Consume(ready.size());
    size -= ready.size();
  }
  return true;
}

}  // namespace slipway
