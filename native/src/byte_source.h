#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

namespace slipway {

/**
 * Buffered sequential reading. A regular file is read from its start, wherever the descriptor's position is,
 * which stays; anything else is read from where it is.
 */
class ByteSource {
 public:
  explicit ByteSource(int fd);

  /** What is buffered, after reading until that is `least` bytes at least, or all there are; empty at the
   * end. */
  std::string_view Peek(size_t least = 1);
  void Consume(size_t size);
  /** Bytes before the next one; of a regular file, its offset. */
  uint64_t Position() const { return offset_ - (used_ - at_); }
  /** Exactly `size` bytes; false when the end came before. */
  bool Read(char* to, size_t size);
  /** Up to `size` bytes, fewer only at the end: what is not buffered yet is read to where it is wanted.
   * Returns how many. */
  size_t Fill(char* to, size_t size);
  /** Moves over `size` bytes; false when the end came before. */
  bool Skip(uint64_t size);
  /**
   * Copies exactly `size` bytes to the position of `out`, without passing user space where the kernel can;
   * false when the end came before.
   */
  bool CopyTo(int out, uint64_t size);

 private:
  static constexpr size_t kSize = 256 << 10;

  size_t ReadSome(char* to, size_t size);
  uint64_t CopyInKernel(int out, uint64_t size);
  uint64_t HoleHere(uint64_t size) const;
  uint64_t DataHere(uint64_t size) const;

  const int fd_;
  bool seekable_ = false;
  uint64_t end_ = 0;
  uint64_t offset_ = 0;
  std::unique_ptr<char[]> buffer_;
  size_t at_ = 0;
  size_t used_ = 0;
};

}  // namespace slipway
