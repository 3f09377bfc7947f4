#include <napi.h>

#include "register.h"
#include "sha256.h"
#include "values.h"

namespace slipway {
namespace {

/** Of content that is held in memory anyway; what is large is hashed where it is read. */
Napi::Value HashBytes(const Napi::CallbackInfo& info) {
  const auto bytes = info[0].As<Napi::Uint8Array>();
  Sha256 sha256;
  sha256.Update(bytes.Data(), bytes.ByteLength());
  const Digest digest = sha256.Finish();
  return Napi::Buffer<unsigned char>::Copy(info.Env(), digest.data(), digest.size());
}

}  // namespace

void RegisterHash(Napi::Env env, Napi::Object exports) { Export<HashBytes>(env, exports, "sha256"); }

}  // namespace slipway
