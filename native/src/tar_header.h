#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <string_view>

#include "tar_format.h"

// What one header block says, in any dialect. Input is hostile: every number is checked. All throw
// ArchiveError.

namespace slipway {

constexpr uint64_t kMaxTarSize = std::numeric_limits<int64_t>::max() - 2 * kTarBlock;
/** The id above it is chown's word for no change. */
constexpr uint64_t kMaxTarId = std::numeric_limits<uint32_t>::max() - 1;

bool HasValidTarChecksum(const char* block);

/** The entry of a header block, extensions aside. */
TarEntry ParseTarHeader(const char* block);

/** A size or an offset: the field of `size` bytes at `at`, octal or base-256. `what` is for the message. */
uint64_t TarUnsigned(const char* block, size_t at, size_t size, const char* what);

/** A number of a PAX record, at most `limit`. `what` is for the message. */
uint64_t TarDecimal(std::string_view text, uint64_t limit, const char* what);

}  // namespace slipway
