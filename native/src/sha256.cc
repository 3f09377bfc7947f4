// The functions of OpenSSL that need no library around them; it discourages them for what they cannot do,
// which is to choose an implementation.
#define OPENSSL_SUPPRESS_DEPRECATED

#include "sha256.h"

namespace slipway {

Sha256::Sha256() { SHA256_Init(&context_); }

void Sha256::Update(const void* data, size_t size) { SHA256_Update(&context_, data, size); }

Digest Sha256::Finish() {
  Digest digest;
  SHA256_Final(digest.data(), &context_);
  SHA256_Init(&context_);
  return digest;
}

}  // namespace slipway
