#include <napi.h>
#include <sys/stat.h>

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

/** Compared sooner than a thread is started. */
bool IsShort(int tar) {
  constexpr off_t kShort = 64 << 10;
  struct stat stat;
  return ::fstat(tar, &stat) == 0 && S_ISREG(stat.st_mode) && stat.st_size <= kShort;
}

Napi::Value SameLayer(const Napi::CallbackInfo& info) {
  const int a = ToInt(info[0]);
  const int b = ToInt(info[1]);
  const auto compare = [a, b] { return SameLayers(a, b); };
  const auto convert = [](Napi::Env env, bool same) { return Napi::Boolean::New(env, same); };
  return IsShort(a) && IsShort(b) ? RunHere(info.Env(), compare, convert)
                                  : RunJob(info.Env(), compare, convert);
}

}  // namespace

void RegisterLayerSame(Napi::Env env, Napi::Object exports) { Export<SameLayer>(env, exports, "sameLayer"); }

}  // namespace slipway
