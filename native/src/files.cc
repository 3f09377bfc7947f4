#include <fcntl.h>
#include <napi.h>
#include <sys/file.h>
#include <unistd.h>

#include "errors.h"
#include "in_root.h"
#include "job.h"
#include "register.h"
#include "stats.h"
#include "values.h"

namespace slipway {
namespace {

Napi::Value Open(const Napi::CallbackInfo& info) {
  const unsigned mode = info[3].IsNumber() ? info[3].As<Napi::Number>().Uint32Value() : 0666;
  UniqueFd fd = OpenInRoot(ToInt(info[0]), ToBytes(info[1]), ToInt(info[2]), mode);
  return Napi::Number::New(info.Env(), fd.release());
}

std::optional<StatRow> StatInRoot(int root, const std::string& path) {
  try {
    const UniqueFd fd = OpenInRoot(root, path, O_PATH | O_NOFOLLOW);
    const struct statx stat = Statx(fd.get(), "", path);
    return StatRow{path, stat, S_ISLNK(stat.stx_mode) ? ReadLink(fd.get()) : std::string()};
  } catch (const SyscallError& failed) {
    if (failed.number == ENOENT || failed.number == ENOTDIR) return std::nullopt;
    throw;
  }
}

Napi::Value Stat(const Napi::CallbackInfo& info) {
  return PackRows(info.Env(), {StatInRoot(ToInt(info[0]), ToBytes(info[1]))});
}

Napi::Value StatMany(const Napi::CallbackInfo& info) {
  return RunJob(
      info.Env(),
      [root = ToInt(info[0]), paths = ToStrings(info[1])] {
        std::vector<std::optional<StatRow>> rows;
        rows.reserve(paths.size());
        for (const std::string& path : paths) {
          CheckInterrupted();
          rows.push_back(StatInRoot(root, path));
        }
        return rows;
      },
      [](Napi::Env env, const auto& rows) { return PackRows(env, rows); });
}

Napi::Value Resolve(const Napi::CallbackInfo& info) {
  return ToText(info.Env(), ResolveInRoot(ToInt(info[0]), ToBytes(info[1])));
}

Napi::Value TryLock(const Napi::CallbackInfo& info) {
  const bool locked = ::flock(ToInt(info[0]), LOCK_EX | LOCK_NB) == 0;
  if (!locked && errno != EWOULDBLOCK) ThrowErrno("flock");
  return Napi::Boolean::New(info.Env(), locked);
}

Napi::Value SyncFilesystem(const Napi::CallbackInfo& info) {
  return RunJob(info.Env(), [fd = ToInt(info[0])] { Check(::syncfs(fd), "syncfs"); });
}

}  // namespace

void RegisterFiles(Napi::Env env, Napi::Object exports) {
  Export<Open>(env, exports, "openInRoot");
  Export<Stat>(env, exports, "statInRoot");
  Export<StatMany>(env, exports, "statManyInRoot");
  Export<Resolve>(env, exports, "resolveInRoot");
  Export<TryLock>(env, exports, "tryLock");
  Export<SyncFilesystem>(env, exports, "syncFilesystem");
}

}  // namespace slipway
