#include "sha256.h"

#include <stdexcept>

namespace slipway {
namespace {

void Require(bool succeeded) {
  if (!succeeded) throw std::runtime_error("libcrypto offers no sha256");
}

/** Fetched once: an implicit fetch takes a lock at every digest. Never freed, threads may outlive static
 * destruction. */
const EVP_MD* Algorithm() {
  static const EVP_MD* const algorithm = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  Require(algorithm != nullptr);
  return algorithm;
}

}  // namespace

Sha256::Sha256() : context_(EVP_MD_CTX_new()) {
  Require(context_ != nullptr && EVP_DigestInit_ex(context_.get(), Algorithm(), nullptr) == 1);
}

void Sha256::Update(const void* data, size_t size) {
  Require(EVP_DigestUpdate(context_.get(), data, size) == 1);
}

Digest Sha256::Finish() {
  Digest digest;
  Require(EVP_DigestFinal_ex(context_.get(), digest.data(), nullptr) == 1);
  Require(EVP_DigestInit_ex(context_.get(), nullptr, nullptr) == 1);
  return digest;
}

}  // namespace slipway
