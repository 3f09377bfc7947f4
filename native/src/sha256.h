#pragma once

#include <openssl/evp.h>

#include <array>
#include <cstddef>
#include <memory>

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
  struct Free {
    void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
  };
  std::unique_ptr<EVP_MD_CTX, Free> context_;
};

}  // namespace slipway
