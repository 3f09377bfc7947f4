#pragma once

#include <cstddef>
#include <span>

#include "sha256.h"

namespace slipway {

/** So many pieces are digested at once. */
constexpr size_t kSha256Lanes = 16;

/** Whether this processor can. */
bool HasSha256Lanes();

/**
 * The sha256 of each of sixteen pieces of `size` bytes, a multiple of 64, that lie one after the other. One
 * sha256 is a chain in which each step waits for the one before, which leaves most of a processor idle;
 * sixteen fill it.
 */
void Sha256Lanes(const unsigned char* pieces, size_t size, std::span<Digest, kSha256Lanes> digests);

}  // namespace slipway
