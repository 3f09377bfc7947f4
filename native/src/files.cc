#include <fcntl.h>
#include <napi.h>
#include <sys/file.h>
#include <unistd.h>

#include <cstring>

#include "errors.h"
#include "in_root.h"
#include "job.h"
#include "register.h"
#include "stats.h"
#include "tree_walk.h"
#include "values.h"

namespace slipway {
namespace {

Napi::Value Open(const Napi::CallbackInfo& info) {
  const unsigned mode = info[3].IsNumber() ? info[3].As<Napi::Number>().Uint32Value() : 0666;
  UniqueFd fd = OpenInRoot(ToInt(info[0]), ToBytes(info[1]), ToInt(info[2]), mode);
  return Napi::Number::New(info.Env(), fd.release());
}

/** Looks at paths below a root; those that follow each other in one directory share the walk to it. */
class Looker {
 public:
  explicit Looker(int root) : root_(root) {}

  /** Undefined when there is nothing at `path`. */
  std::optional<StatRow> At(const std::string& path) {
    try {
      const size_t slash = path.rfind('/');
      const std::string name = path.substr(slash + 1);
      if (slash == std::string::npos || name.empty() || name == "." || name == "..") {
        const UniqueFd fd = OpenInRoot(root_, path, O_PATH | O_NOFOLLOW);
        return RowOf(fd.get(), "", path);
      }
      return RowOf(Directory(path.substr(0, slash + 1)), name.c_str(), path);
    } catch (const SyscallError& failed) {
      if (failed.number == ENOENT || failed.number == ENOTDIR) return std::nullopt;
      throw;
    }
  }

 private:
  static StatRow RowOf(int fd, const char* name, const std::string& path) {
    const struct statx stat = Statx(fd, name, path);
    return StatRow(path, stat, S_ISLNK(stat.stx_mode) ? ReadLink(fd, name) : std::string());
  }

  int Directory(const std::string& path) {
    if (path != path_) {
      path_.clear();
      directory_ = OpenInRoot(root_, path, O_PATH | O_DIRECTORY);
      path_ = path;
    }
    return directory_.get();
  }

  const int root_;
  /** Empty when none is open. */
  std::string path_;
  UniqueFd directory_;
};

Napi::Value Stat(const Napi::CallbackInfo& info) {
  return PackRows(info.Env(), {Looker(ToInt(info[0])).At(ToBytes(info[1]))});
}

Napi::Value StatMany(const Napi::CallbackInfo& info) {
  return RunJob(
      info.Env(),
      [root = ToInt(info[0]), paths = Texts(info[1])] {
        Looker looker(root);
        std::vector<std::optional<StatRow>> rows;
        rows.reserve(paths.size());
        for (size_t i = 0; i < paths.size(); ++i) {
          CheckInterrupted();
          rows.push_back(looker.At(paths[i]));
        }
        return rows;
      },
      [](Napi::Env env, const auto& rows) { return PackRows(env, rows); });
}

/** A table of files of one directory, as native/file-table.ts keeps it. */
class Files {
 public:
  explicit Files(const Napi::Object& packed) : text_(ToBytes(packed.Get("text"))) {
    auto fields = packed.Get("fields").As<Napi::ArrayBuffer>();
    rows_.resize(fields.ByteLength() / sizeof(Fields));
    std::memcpy(rows_.data(), fields.Data(), rows_.size() * sizeof(Fields));
  }

  /** Stops at the first that is another one, or changed, since its stat was taken. Directories are not looked
   * at. */
  bool AreUnchanged(int root, const std::string& directory) const {
    Looker looker(root);
    size_t at = 0;
    for (const Fields& row : rows_) {
      CheckInterrupted();
      const std::string_view name = Next(at);
      Next(at);
      if (row[0] == kDirectory) continue;
      const std::optional<StatRow> now =
          looker.At(name.empty() ? directory : Below(directory, std::string(name).c_str()));
      if (!now || now->fields != row) return false;
    }
    return true;
  }

 private:
  using Fields = decltype(StatRow::fields);

  /** The text at `at`, which moves behind it. */
  std::string_view Next(size_t& at) const {
    const std::string_view text(text_.c_str() + at);
    at += text.size() + 1;
    return text;
  }

  const std::string text_;
  std::vector<Fields> rows_;
};

Napi::Value Unchanged(const Napi::CallbackInfo& info) {
  return RunJob(
      info.Env(),
      [root = ToInt(info[0]), directory = ToBytes(info[1]), files = Files(info[2].As<Napi::Object>())] {
        return files.AreUnchanged(root, directory);
      },
      [](Napi::Env env, bool unchanged) { return Napi::Boolean::New(env, unchanged); });
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
  Export<Unchanged>(env, exports, "isUnchanged");
  Export<Resolve>(env, exports, "resolveInRoot");
  Export<TryLock>(env, exports, "tryLock");
  Export<SyncFilesystem>(env, exports, "syncFilesystem");
}

}  // namespace slipway
