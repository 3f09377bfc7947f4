#include "tar_header.h"

#include <algorithm>
#include <charconv>
#include <cstring>

#include "errors.h"

namespace slipway {
namespace {

[[noreturn]] void Invalid(const std::string& why) { throw ArchiveError{why}; }

/** A field's text up to its NUL. */
std::string_view Text(const char* block, size_t at, size_t size) {
  return {block + at, ::strnlen(block + at, size)};
}

/** GNU's base-256: the first byte's top bit marks it, the next is the sign. */
int64_t Base256(std::string_view field) {
  const bool negative = (field[0] & 0x40) != 0;
  uint64_t value = negative ? ~uint64_t{0} : 0;
  for (size_t i = 0; i < field.size(); ++i) {
    const auto byte =
        static_cast<unsigned char>(i == 0 ? (field[0] & 0x7F) | (negative ? 0x80 : 0) : field[i]);
    const uint64_t top = value >> 55;
    if (top != 0 && top != 0x1FF) Invalid("a number is out of range");
    value = (value << 8) | byte;
  }
  const auto number = static_cast<int64_t>(value);
  if ((number < 0) != negative) Invalid("a number is out of range");
  return number;
}

int64_t Number(const char* block, size_t at, size_t size) {
  std::string_view field(block + at, size);
  if ((field[0] & 0x80) != 0) return Base256(field);
  const auto isBlank = [](char c) { return c == ' ' || c == '\0'; };
  while (!field.empty() && isBlank(field.front())) field.remove_prefix(1);
  field = field.substr(0, std::find_if(field.begin(), field.end(), isBlank) - field.begin());
  int64_t value = 0;
  const auto [end, error] = std::from_chars(field.data(), field.data() + field.size(), value, 8);
  const bool whole = end == field.data() + field.size();
  if (!field.empty() && (error != std::errc() || !whole || value < 0))
    Invalid("a header field is not an octal number");
  return value;
}

uint64_t Unsigned(int64_t value, uint64_t limit, const char* what) {
  if (value < 0 || static_cast<uint64_t>(value) > limit) {
    Invalid(std::string(what) + " " + std::to_string(value) + " is out of range");
  }
  return static_cast<uint64_t>(value);
}

bool IsUstar(const char* block) { return std::memcmp(block + 257, "ustar\0", 6) == 0; }

std::string HeaderPath(const char* block) {
  const std::string name(Text(block, 0, 100));
  if (!IsUstar(block)) return name;
  // star keeps times behind a shorter prefix.
  const bool star = std::memcmp(block + 508, "tar\0", 4) == 0;
  const std::string_view prefix = Text(block, 345, star ? 131 : 155);
  return prefix.empty() ? name : std::string(prefix) + "/" + name;
}

}  // namespace

uint64_t TarUnsigned(const char* block, size_t at, size_t size, const char* what) {
  return Unsigned(Number(block, at, size), kMaxTarSize, what);
}

uint64_t TarDecimal(std::string_view text, uint64_t limit, const char* what) {
  uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value > limit) {
    Invalid(std::string(what) + " \"" + std::string(text.substr(0, 32)) + "\" is not a number in range");
  }
  return value;
}

bool HasValidTarChecksum(const char* block) {
  // Old implementations summed signed bytes.
  int64_t plain = 0;
  int64_t with_sign = 0;
  for (size_t i = 0; i < kTarBlock; ++i) {
    const char byte = i >= 148 && i < 156 ? ' ' : block[i];
    plain += static_cast<unsigned char>(byte);
    with_sign += static_cast<signed char>(byte);
  }
  const int64_t stated = Number(block, 148, 8);
  return stated == plain || stated == with_sign;
}

TarEntry ParseTarHeader(const char* block) {
  TarEntry entry;
  entry.type = block[156];
  entry.path = HeaderPath(block);
  entry.link = Text(block, 157, 100);
  entry.mode = static_cast<unsigned>(Number(block, 100, 8) & 07777);
  entry.uid = static_cast<uint32_t>(Unsigned(Number(block, 108, 8), kMaxTarId, "the owner"));
  entry.gid = static_cast<uint32_t>(Unsigned(Number(block, 116, 8), kMaxTarId, "the group"));
  entry.size = entry.stored = Unsigned(Number(block, 124, 12), kMaxTarSize, "the size");
  entry.mtime = Number(block, 136, 12);
  if (entry.type == kTarChar || entry.type == kTarBlockDevice) {
    entry.major = static_cast<unsigned>(Unsigned(Number(block, 329, 8), 0xFFFFFFFF, "a device number"));
    entry.minor = static_cast<unsigned>(Unsigned(Number(block, 337, 8), 0xFFFFFFFF, "a device number"));
  }
  return entry;
}

}  // namespace slipway
