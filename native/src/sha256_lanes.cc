#include "sha256_lanes.h"

#if defined(__x86_64__)

#include <immintrin.h>

#include <array>
#include <cstdint>
#include <cstring>

#define SLIPWAY_AVX512 __attribute__((target("avx512f,avx512bw")))
#define SLIPWAY_AVX512_INLINE SLIPWAY_AVX512 inline __attribute__((always_inline))

namespace slipway {
namespace {

/** A word of each piece. */
using Lanes = uint32_t __attribute__((vector_size(64)));
using Words = std::array<uint32_t, kSha256Lanes>;

constexpr size_t kBlockBytes = 64;
constexpr size_t kBlockWords = 16;

// FIPS 180-4, sections 4.2.2 and 5.3.3.
constexpr uint32_t kRoundConstants[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};
constexpr uint32_t kInitial[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                  0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};

SLIPWAY_AVX512_INLINE Lanes Rotated(Lanes x, int count) { return x >> count | x << (32 - count); }

/** Takes a block of each piece into the eight words of their states; what is in `words` is used up.
 * Section 6.2.2. */
SLIPWAY_AVX512_INLINE void Compress(Lanes (&state)[8], Lanes (&words)[kBlockWords]) {
  Lanes a = state[0], b = state[1], c = state[2], d = state[3];
  Lanes e = state[4], f = state[5], g = state[6], h = state[7];
#pragma GCC unroll 64
  for (size_t t = 0; t < 64; ++t) {
    Lanes& word = words[t % kBlockWords];
    if (t >= kBlockWords) {
      const Lanes early = words[(t + 1) % kBlockWords], late = words[(t + 14) % kBlockWords];
      word += (Rotated(early, 7) ^ Rotated(early, 18) ^ early >> 3) + words[(t + 9) % kBlockWords] +
              (Rotated(late, 17) ^ Rotated(late, 19) ^ late >> 10);
    }
    const Lanes choice = (e & f) | (~e & g), majority = (a & b) | (c & (a | b));
    const Lanes first =
        h + word + kRoundConstants[t] + choice + (Rotated(e, 6) ^ Rotated(e, 11) ^ Rotated(e, 25));
    const Lanes second = majority + (Rotated(a, 2) ^ Rotated(a, 13) ^ Rotated(a, 22));
    h = g, g = f, f = e, e = d + first;
    d = c, c = b, b = a, a = first + second;
  }
  const Lanes sums[8] = {a, b, c, d, e, f, g, h};
  for (size_t i = 0; i < 8; ++i) state[i] += sums[i];
}

/** Of two rows, numbered 0 to 15 and 16 to 31: every other `step` words of the first, and those of the second
 * between them. */
constexpr Words Interleaved(uint32_t step, uint32_t offset) {
  Words picked{};
  for (uint32_t i = 0; i < kSha256Lanes; ++i) picked[i] = offset + (i & step ? kSha256Lanes + i - step : i);
  return picked;
}

/** Rows become columns when such pairs of rows exchange their squares of 1, 2, 4 and 8 words. */
template <size_t kStep>
SLIPWAY_AVX512_INLINE void Exchange(Lanes (&rows)[kBlockWords]) {
  alignas(Lanes) static constexpr Words kLow = Interleaved(kStep, 0), kHigh = Interleaved(kStep, kStep);
  const __m512i low = _mm512_load_si512(kLow.data()), high = _mm512_load_si512(kHigh.data());
#pragma GCC unroll 16
  for (size_t i = 0; i < kBlockWords; ++i) {
    if (i & kStep) continue;
    const auto first = __m512i(rows[i]), second = __m512i(rows[i + kStep]);
    rows[i] = Lanes(_mm512_permutex2var_epi32(first, low, second));
    rows[i + kStep] = Lanes(_mm512_permutex2var_epi32(first, high, second));
  }
}

/** The words of a block of each piece, which are big-endian. */
SLIPWAY_AVX512_INLINE void Load(Lanes (&words)[kBlockWords], const unsigned char* blocks, size_t distance) {
  const __m512i swap = _mm512_set4_epi32(0x0c0d0e0f, 0x08090a0b, 0x04050607, 0x00010203);
#pragma GCC unroll 16
  for (size_t i = 0; i < kBlockWords; ++i)
    words[i] = Lanes(_mm512_shuffle_epi8(_mm512_loadu_si512(blocks + i * distance), swap));
  Exchange<1>(words);
  Exchange<2>(words);
  Exchange<4>(words);
  Exchange<8>(words);
}

SLIPWAY_AVX512 void DigestLanes(const unsigned char* pieces, size_t size,
                                std::span<Digest, kSha256Lanes> digests) {
  Lanes state[8], words[kBlockWords];
  for (size_t i = 0; i < 8; ++i) state[i] = Lanes{} + kInitial[i];
  for (size_t at = 0; at < size; at += kBlockBytes) {
    Load(words, pieces + at, size);
    Compress(state, words);
  }
  // Section 5.1.1: a set bit, zeros, and the length in bits.
  const uint64_t bits = static_cast<uint64_t>(size) * 8;
  for (Lanes& word : words) word = Lanes{};
  words[0] += 0x80000000;
  words[14] += static_cast<uint32_t>(bits >> 32);
  words[15] += static_cast<uint32_t>(bits);
  Compress(state, words);
  for (size_t i = 0; i < 8; ++i) {
    for (size_t lane = 0; lane < kSha256Lanes; ++lane) {
      const uint32_t big_endian = __builtin_bswap32(state[i][lane]);
      std::memcpy(digests[lane].data() + i * sizeof(big_endian), &big_endian, sizeof(big_endian));
    }
  }
}

}  // namespace

bool HasSha256Lanes() { return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw"); }

void Sha256Lanes(const unsigned char* pieces, size_t size, std::span<Digest, kSha256Lanes> digests) {
  DigestLanes(pieces, size, digests);
}

}  // namespace slipway

#else

namespace slipway {

bool HasSha256Lanes() { return false; }

void Sha256Lanes(const unsigned char*, size_t, std::span<Digest, kSha256Lanes>) {}

}  // namespace slipway

#endif
