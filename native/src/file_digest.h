#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "sha256.h"

namespace slipway {

/**
 * What tells the content of an open file of `size` bytes from another: its sha256, of more than 8 MiB that of
 * the sha256 of each 32 KiB and of what was added since its size was asked for. Reads into `buffer`, and
 * large files by several threads. Throws what reading throws; `path` is for that.
 */
Digest DigestFile(int file, const std::string& path, off_t size, std::vector<unsigned char>& buffer);

/** The bytes of a buffer that many files are read with. */
constexpr size_t kDigestBufferBytes = 256 << 10;

}  // namespace slipway
