#include <napi.h>

#include <algorithm>

#include "job.h"
#include "register.h"
#include "tar_reader.h"
#include "values.h"

namespace slipway {
namespace {

/** Everything but the times. */
auto Identity(const TarEntry& entry) {
  return std::tie(entry.type, entry.path, entry.link, entry.mode, entry.uid, entry.gid, entry.size,
                  entry.stored, entry.major, entry.minor, entry.xattrs);
}

bool SameContent(TarReader& a, TarReader& b, uint64_t size) {
  while (size > 0) {
    const std::string_view left = a.Content(size);
    const std::string_view right = b.Content(left.size());
    if (left.substr(0, right.size()) != right) return false;
    a.Consume(right.size());
    b.Consume(right.size());
    size -= right.size();
  }
  return true;
}

bool SameLayers(int first, int second) {
  TarReader a(first);
  TarReader b(second);
  for (;;) {
    CheckInterrupted();
    const std::optional<TarEntry> left = a.Next();
    const std::optional<TarEntry> right = b.Next();
    if (!left || !right) return !left && !right;
    if (Identity(*left) != Identity(*right) || !SameContent(a, b, left->stored)) return false;
  }
}

Napi::Value SameLayer(const Napi::CallbackInfo& info) {
  return RunJob(
      info.Env(), [a = ToInt(info[0]), b = ToInt(info[1])] { return SameLayers(a, b); },
      [](Napi::Env env, bool same) { return Napi::Boolean::New(env, same); });
}

}  // namespace

void RegisterLayerSame(Napi::Env env, Napi::Object exports) { Export<SameLayer>(env, exports, "sameLayer"); }

}  // namespace slipway
