#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace slipway {

/** Compresses blocks, each without reference to another, so that they can stand one behind the other. One for
 * each thread: its state is reused. */
class BlockEncoder {
 public:
  virtual ~BlockEncoder() = default;
  /** Compresses `input` into `output`, which has room for the worst case. Returns how many bytes that took.
   */
  virtual size_t Run(std::span<const char> input, std::span<char> output) = 0;
};

/** How a stream is cut into blocks, and what stands around them. The same input gives the same bytes. */
struct Encoding {
  const char* name;
  int lowest_level;
  int highest_level;
  /** Bytes of input in a block. Part of the output's definition: another size gives other bytes. */
  size_t block;
  /** Room that a compressed block may need. */
  size_t bound;
  std::string_view header;
  std::unique_ptr<BlockEncoder> (*encoder)(int level);
  /** What follows the last block: `crc32` and `size` are the input's. */
  std::string (*trailer)(uint32_t crc32, uint64_t size);
};

/** Null when there is none of that name. */
const Encoding* EncodingOf(std::string_view name);

}  // namespace slipway
