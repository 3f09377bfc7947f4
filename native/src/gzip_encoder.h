#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "encoders.h"

namespace slipway {

/** Bytes of input in a block. */
constexpr size_t kGzipBlock = 1 << 20;
/** Incompressible input is stored, with five bytes before each 64 KiB. */
constexpr size_t kGzipBound = kGzipBlock + kGzipBlock / 64 + 4096;
constexpr int kLowestGzipLevel = 0;
constexpr int kHighestGzipLevel = 3;

/**
 * DEFLATE (RFC 1951) by igzip, which takes as long for what does not compress as for what does: runs of bytes
 * that look random are stored without it. Every block ends on a whole byte.
 */
class GzipEncoder final : public BlockEncoder {
 public:
  explicit GzipEncoder(int level);
  size_t Run(std::span<const char> input, std::span<char> output) override;

 private:
  size_t Compress(std::span<const char> input, std::span<char> output);
  bool Shrinks(std::span<const char> input, std::span<char> output);

  const int level_;
  std::vector<uint8_t> level_buffer_;
};

}  // namespace slipway
