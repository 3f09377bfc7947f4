#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace slipway {

/** Gets the bytes that are ready; consumes what it took; an empty view is the end. */
struct Input {
  std::function<std::string_view()> peek;
  std::function<void(size_t)> consume;
};

/** Gives room for output, and is told how much of it was filled. */
struct Output {
  std::function<std::span<char>()> space;
  std::function<void(size_t)> commit;
};

/** Runs one compressed stream, all its members, to the end of the input. Throws ArchiveError when it is
 * damaged or cut. */
using Decoder = void (*)(const Input& input, const Output& output);

struct Format {
  const char* name;
  bool (*matches)(std::string_view start);
  Decoder decode;
};

/** The longest magic number. */
constexpr size_t kMaxMagic = 6;

/** The format whose magic number is in `start`, kMaxMagic bytes or all there are; copying when there is none.
 */
const Format& FormatOf(std::string_view start);

}  // namespace slipway
