#include "tree_remove.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <napi.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <vector>

#include "errors.h"
#include "in_root.h"
#include "job.h"
#include "register.h"
#include "tree_walk.h"
#include "values.h"

namespace slipway {
namespace {

// Deeper directories are moved up instead of entered, so that no tree takes more descriptors or stack than
// this.
constexpr int kMaxDepth = 64;

class Remover {
 public:
  Remover(int parent, const std::string& name) : parent_(parent), name_(name) {}

  void Run() {
    if (Unlink(parent_, name_.c_str(), 0)) return;
    Clear(parent_, name_.c_str(), 0);
    while (!moved_.empty()) {
      const std::string next = std::move(moved_.back());
      moved_.pop_back();
      Clear(parent_, next.c_str(), 0);
    }
  }

 private:
  /** True when `name` is gone; false when it is a directory that needs emptying. */
  static bool Unlink(int directory, const char* name, int flags) {
    if (::unlinkat(directory, name, flags) == 0 || errno == ENOENT) return true;
    if (errno == EISDIR || errno == ENOTEMPTY || errno == EEXIST) return false;
    if ((errno == EACCES || errno == EPERM) && MakeWritable(directory))
      return ::unlinkat(directory, name, flags) == 0 || Unlink(directory, name, flags);
    ThrowErrno("unlinkat", name);
  }

  /** Gives the owner the rights that removing entries needs; false when it had them. */
  static bool MakeWritable(int directory) {
    struct stat stat;
    return ::fstat(directory, &stat) == 0 && (stat.st_mode & 0700) != 0700 && ::fchmod(directory, 0700) == 0;
  }

  static UniqueFd Enter(int directory, const char* name) {
    constexpr uint64_t resolve = RESOLVE_NO_XDEV | RESOLVE_NO_SYMLINKS | RESOLVE_BENEATH;
    try {
      return OpenBelow(directory, name, kOpenDirectory, resolve);
    } catch (const SyscallError& failed) {
      if (failed.number != EACCES || ::fchmodat(directory, name, 0700, 0) != 0) throw;
      return OpenBelow(directory, name, kOpenDirectory, resolve);
    }
  }

  void Clear(int directory, const char* name, int depth) {
    CheckInterrupted();
    {
      const UniqueFd fd = Enter(directory, name);
      // Reading goes on while entries vanish, which POSIX allows; those that it missed make the rmdir fail,
      // and it starts over.
      DirectoryReader reader(fd.get());
      while (const char* entry = reader.Next()) {
        if (Unlink(fd.get(), entry, 0)) continue;
        if (depth < kMaxDepth) {
          Clear(fd.get(), entry, depth + 1);
        } else {
          MoveUp(fd.get(), entry);
        }
      }
    }
    if (!Unlink(directory, name, AT_REMOVEDIR)) Clear(directory, name, depth);
  }

  void MoveUp(int directory, const char* name) {
    static std::atomic<unsigned> counter{0};
    for (;;) {
      std::string to = name_ + ".removed-" + std::to_string(::getpid()) + "-" + std::to_string(++counter);
      if (to.size() > NAME_MAX) to.erase(0, to.size() - NAME_MAX);
      if (::renameat2(directory, name, parent_, to.c_str(), RENAME_NOREPLACE) == 0) {
        moved_.push_back(std::move(to));
        return;
      }
      if (errno != EEXIST) ThrowErrno("renameat2", name);
    }
  }

  const int parent_;
  const std::string name_;
  std::vector<std::string> moved_;
};

void RemovePath(const std::string& path) {
  std::string_view rest = path;
  while (rest.size() > 1 && rest.ends_with('/')) rest.remove_suffix(1);
  const size_t slash = rest.rfind('/');
  const std::string name(rest.substr(slash == std::string_view::npos ? 0 : slash + 1));
  const std::string parent(slash == std::string_view::npos ? "." : rest.substr(0, slash + 1));
  if (name.empty() || name == "." || name == "..") ThrowErrno("unlinkat", path, EINVAL);
  const UniqueFd fd(::open(parent.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (fd) {
    RemoveBelow(fd.get(), name);
  } else if (errno != ENOENT) {
    ThrowErrno("open", parent);
  }
}

Napi::Value RemoveTree(const Napi::CallbackInfo& info) {
  return RunJob(info.Env(), [path = ToBytes(info[0])] { RemovePath(path); });
}

}  // namespace

void RemoveBelow(int parent, const std::string& name) { Remover(parent, name).Run(); }

void RemoveEntries(int fd, const std::function<bool(const char* name)>& keep) {
  std::vector<std::string> names;
  const UniqueFd directory = OpenBelow(fd, ".", kOpenDirectory, RESOLVE_BENEATH);
  DirectoryReader reader(directory.get());
  while (const char* name = reader.Next()) {
    if (!keep(name)) names.emplace_back(name);
  }
  for (const std::string& name : names) RemoveBelow(fd, name);
}

void RegisterTreeRemove(Napi::Env env, Napi::Object exports) {
  Export<RemoveTree>(env, exports, "removeTree");
}

}  // namespace slipway
