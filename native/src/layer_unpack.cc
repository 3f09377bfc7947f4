#include <napi.h>

#include "job.h"
#include "register.h"
#include "unpack.h"
#include "values.h"

namespace slipway {
namespace {

UnpackOptions ToOptions(const Napi::Object& object) {
  UnpackOptions options;
  const std::string whiteouts = ToBytes(object.Get("whiteouts"));
  options.whiteouts = whiteouts == "overlay" ? Whiteouts::kOverlay
                      : whiteouts == "apply" ? Whiteouts::kApply
                                             : Whiteouts::kKeep;
  const Napi::Value most = object.Get("maxBytes");
  // Beyond 2^53 it is no limit, and Infinity has no integer.
  if (most.IsNumber() && most.As<Napi::Number>().DoubleValue() <= 9007199254740992.0) {
    options.max_bytes = static_cast<uint64_t>(most.As<Napi::Number>().Int64Value());
  }
  const Napi::Value owner = object.Get("owner");
  if (owner.IsObject()) {
    const auto ids = owner.As<Napi::Object>();
    options.owner = {ids.Get("uid").As<Napi::Number>().Uint32Value(),
                     ids.Get("gid").As<Napi::Number>().Uint32Value()};
  }
  const Napi::Value keep = object.Get("keepDirectories");
  options.keep_directories = keep.IsBoolean() && keep.As<Napi::Boolean>().Value();
  return options;
}

Napi::Value UnpackLayer(const Napi::CallbackInfo& info) {
  return RunJob(
      info.Env(),
      [tar = ToInt(info[0]), target = ToBytes(info[1]), options = ToOptions(info[2].As<Napi::Object>())] {
        return UnpackTo(tar, target, options);
      },
      [](Napi::Env env, const Unpacked& unpacked) {
        Napi::Object counts = Napi::Object::New(env);
        counts.Set("entries", static_cast<double>(unpacked.entries));
        counts.Set("bytes", static_cast<double>(unpacked.bytes));
        return counts;
      });
}

}  // namespace

void RegisterLayerUnpack(Napi::Env env, Napi::Object exports) {
  Export<UnpackLayer>(env, exports, "unpackLayer");
}

}  // namespace slipway
