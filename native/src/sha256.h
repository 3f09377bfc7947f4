#pragma once

#include <openssl/sha.h>

#include <array>
#include <cstddef>

namespace slipway {

using Digest = std::array<unsigned char, 32>;

/** A running sha256. */
class Sha256 {
 public:
  Sha256();
  void Update(const void* data, size_t size);
  /** Closes it; a next Update starts anew. */
  Digest Finish();

 private:
  SHA256_CTX context_;
};

}  // namespace slipway
