#include "gzip_encoder.h"

#include <isa-l/igzip_lib.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <stdexcept>

namespace slipway {
namespace {

static_assert(kLowestGzipLevel == ISAL_DEF_MIN_LEVEL && kHighestGzipLevel == ISAL_DEF_MAX_LEVEL);

size_t LevelBufferSize(int level) {
  constexpr size_t sizes[] = {ISAL_DEF_LVL0_DEFAULT, ISAL_DEF_LVL1_DEFAULT, ISAL_DEF_LVL2_DEFAULT,
                              ISAL_DEF_LVL3_DEFAULT};
  return sizes[level];
}

// ── what looks random ───────────────────────────────────────────────────────────────────────────────

/** How finely the input is looked at, and how much of each piece, in samples spread over it. */
constexpr size_t kPiece = 16 << 10;
constexpr size_t kSample = 512;
constexpr size_t kSamples = 4;
/** A shorter run is left to igzip: what it stands between compresses better together. */
constexpr size_t kLeastRun = 4 * kPiece;
/** The start of a run that igzip has to find nothing in: equal counts do not tell of repetitions. */
constexpr size_t kTrial = 2 * kPiece;

using Counts = std::array<uint32_t, 256>;

uint64_t SumOfSquares(const Counts& counts) {
  uint64_t sum = 0;
  for (const uint64_t count : counts) sum += count * count;
  return sum;
}

/** What SumOfSquares() is on average for `size` bytes drawn by lot. */
constexpr uint64_t RandomSum(uint64_t size) { return size + size * (size - 1) / 256; }

/** True when no byte is so much more frequent than others in the samples that codes of bits would save a
 * hundredth. */
bool LooksRandom(std::span<const char> piece) {
  Counts counts{};
  for (size_t i = 0; i < kSamples; ++i) {
    for (const char byte : piece.subspan(i * (kPiece / kSamples), kSample)) {
      ++counts[static_cast<unsigned char>(byte)];
    }
    // Most of what is not random shows it at once.
    if (i == 0 && SumOfSquares(counts) > 2 * RandomSum(kSample)) return false;
  }
  return 20 * SumOfSquares(counts) < 21 * RandomSum(kSamples * kSample);
}

/** How many bytes from the start look random, in whole pieces. */
size_t RandomRun(std::span<const char> input) {
  size_t size = 0;
  while (input.size() - size >= kPiece && LooksRandom(input.subspan(size, kPiece))) size += kPiece;
  return size;
}

/** RFC 1951, section 3.2.4. */
size_t Store(std::span<const char> input, std::span<char> output) {
  constexpr size_t kMost = 0xFFFF;
  char* to = output.data();
  while (!input.empty()) {
    const size_t size = std::min(input.size(), kMost);
    const auto length = static_cast<uint16_t>(size);
    const auto complement = static_cast<uint16_t>(~length);
    *to++ = 0;
    for (const uint16_t field : {length, complement}) {
      *to++ = static_cast<char>(field & 0xFF);
      *to++ = static_cast<char>(field >> 8);
    }
    std::memcpy(to, input.data(), size);
    to += size;
    input = input.subspan(size);
  }
  return static_cast<size_t>(to - output.data());
}

}  // namespace

GzipEncoder::GzipEncoder(int level) : level_(level), level_buffer_(LevelBufferSize(level)) {}

size_t GzipEncoder::Run(std::span<const char> input, std::span<char> output) {
  size_t begin = 0;
  size_t used = 0;
  for (size_t at = 0; at < input.size();) {
    const size_t run = RandomRun(input.subspan(at));
    if (run < kLeastRun || Shrinks(input.subspan(at, kTrial), output.subspan(used))) {
      at += std::clamp(run, std::min(kPiece, input.size() - at), input.size() - at);
      continue;
    }
    used += Compress(input.subspan(begin, at - begin), output.subspan(used));
    used += Store(input.subspan(at, run), output.subspan(used));
    begin = at += run;
  }
  return used + Compress(input.subspan(begin), output.subspan(used));
}

/** Whether igzip saves a hundredth of it. Leaves its output in `output`. */
bool GzipEncoder::Shrinks(std::span<const char> input, std::span<char> output) {
  return Compress(input, output) < input.size() - input.size() / 100;
}

size_t GzipEncoder::Compress(std::span<const char> input, std::span<char> output) {
  if (input.empty()) return 0;
  isal_zstream stream;
  isal_deflate_stateless_init(&stream);
  stream.level = static_cast<uint32_t>(level_);
  stream.level_buf = level_buffer_.data();
  stream.level_buf_size = static_cast<uint32_t>(level_buffer_.size());
  stream.flush = FULL_FLUSH;
  stream.next_in = reinterpret_cast<uint8_t*>(const_cast<char*>(input.data()));
  stream.avail_in = static_cast<uint32_t>(input.size());
  stream.next_out = reinterpret_cast<uint8_t*>(output.data());
  stream.avail_out = static_cast<uint32_t>(output.size());
  if (isal_deflate_stateless(&stream) != COMP_OK)
    throw std::runtime_error("igzip could not compress a block");
  return output.size() - stream.avail_out;
}

}  // namespace slipway
