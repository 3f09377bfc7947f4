#include <fcntl.h>
#include <linux/openat2.h>
#include <napi.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <mutex>
#include <set>

#include "errors.h"
#include "file_digest.h"
#include "in_root.h"
#include "job.h"
#include "register.h"
#include "run_on_threads.h"
#include "stats.h"
#include "tree_walk.h"
#include "values.h"
#include "xattrs.h"

namespace slipway {
namespace {

/** Lists a tree by several threads, each taking a directory at a time. */
class Scanner {
 public:
  Scanner(UniqueFd top, std::set<std::string> prune) : top_(std::move(top)), prune_(std::move(prune)) {}

  std::vector<std::optional<StatRow>> Run() {
    pending_.push_back("");
    RunOnThreads(WorkerCount(4), [this] { Work(); });
    std::sort(rows_.begin(), rows_.end(), [](const auto& a, const auto& b) { return a->path < b->path; });
    return std::move(rows_);
  }

 private:
  void Work() {
    std::vector<std::optional<StatRow>> rows;
    std::vector<std::string> found;
    std::unique_lock lock(mutex_);
    for (;;) {
      changed_.wait(lock, [this] { return failed_ || !pending_.empty() || busy_ == 0; });
      if (failed_ || pending_.empty()) break;
      const std::string path = std::move(pending_.back());
      pending_.pop_back();
      ++busy_;
      lock.unlock();
      try {
        ListDirectory(path, rows, found);
      } catch (...) {
        lock.lock();
        failed_ = true;
        changed_.notify_all();
        throw;
      }
      lock.lock();
      --busy_;
      std::move(found.begin(), found.end(), std::back_inserter(pending_));
      found.clear();
      changed_.notify_all();
    }
    std::move(rows.begin(), rows.end(), std::back_inserter(rows_));
  }

  void ListDirectory(const std::string& path, std::vector<std::optional<StatRow>>& rows,
                     std::vector<std::string>& found) {
    CheckInterrupted();
    const UniqueFd directory = OpenDirectory(path);
    if (!directory) return;
    DirectoryReader reader(directory.get());
    while (const char* name = reader.Next()) {
      std::string below = Below(path, name);
      if (prune_.contains(below)) continue;
      struct statx stat;
      if (!StatEntry(directory.get(), name, stat)) continue;
      if (S_ISDIR(stat.stx_mode)) found.push_back(below);
      std::string link = S_ISLNK(stat.stx_mode) ? ReadLink(directory.get(), name) : std::string();
      rows.emplace_back(std::in_place, std::move(below), stat, std::move(link));
    }
  }

  /** Invalid when the directory went away, or became a link, since it was listed. */
  UniqueFd OpenDirectory(const std::string& path) {
    try {
      return OpenBelow(top_.get(), path, kOpenDirectory, RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS);
    } catch (const SyscallError& failed) {
      if (failed.number == ENOENT || failed.number == ENOTDIR || failed.number == ELOOP) return UniqueFd();
      throw;
    }
  }

  /** False when the entry went away since it was listed. */
  static bool StatEntry(int directory, const char* name, struct statx& stat) {
    const int flags = AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT;
    if (::statx(directory, name, flags, STATX_BASIC_STATS, &stat) == 0) return true;
    if (errno != ENOENT) ThrowErrno("statx", name);
    return false;
  }

  const UniqueFd top_;
  const std::set<std::string> prune_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::string> pending_;
  std::vector<std::optional<StatRow>> rows_;
  unsigned busy_ = 0;
  bool failed_ = false;
};

Napi::Value Scan(const Napi::CallbackInfo& info) {
  const auto prune = info[2].IsArray() ? ToStrings(info[2]) : std::vector<std::string>();
  return RunJob(
      info.Env(),
      [root = ToInt(info[0]), path = ToBytes(info[1]), prune = std::set(prune.begin(), prune.end())] {
        return Scanner(OpenInRoot(root, path, O_RDONLY | O_DIRECTORY), prune).Run();
      },
      [](Napi::Env env, const auto& rows) { return PackRows(env, rows); });
}

struct Fingerprint {
  Digest digest;
  Xattrs xattrs;
};

Fingerprint ReadFingerprint(int root, const std::string& path, std::vector<unsigned char>& buffer) {
  const UniqueFd file = OpenInRoot(root, path, O_RDONLY | O_NONBLOCK);
  const struct statx stat = Statx(file.get(), "", path);
  if (!S_ISREG(stat.stx_mode)) throw SyscallError{EINVAL, "read", path, "not a regular file"};
  const Digest digest = DigestFile(file.get(), path, static_cast<off_t>(stat.stx_size), buffer);
  // Most files have no attributes, and an open file tells so for a fraction of what its path would cost.
  if (::flistxattr(file.get(), nullptr, 0) > 0) return {digest, LayerXattrs(ProcPath(file.get()))};
  return {digest, {}};
}

std::vector<Fingerprint> ReadAllFingerprints(int root, const Texts& paths) {
  std::vector<Fingerprint> prints(paths.size());
  std::atomic<size_t> next{0};
  RunOnThreads(WorkerCount(paths.size() / 16 + 1), [&] {
    std::vector<unsigned char> buffer(kDigestBufferBytes);
    for (size_t i = next++; i < paths.size(); i = next++) prints[i] = ReadFingerprint(root, paths[i], buffer);
  });
  return prints;
}

/** Pairs of name and value. */
Napi::Array PackXattrs(Napi::Env env, const Xattrs& xattrs) {
  Napi::Array packed = Napi::Array::New(env);
  for (const auto& [name, value] : xattrs) {
    Napi::Array pair = Napi::Array::New(env, 2);
    pair.Set(0U, ToText(env, name));
    pair.Set(1U, Napi::Buffer<char>::Copy(env, value.data(), value.size()));
    packed.Set(packed.Length(), pair);
  }
  return packed;
}

/** All digests in one buffer, 32 bytes each, and [position, xattrs] of those files that have some. */
Napi::Value FingerprintFiles(const Napi::CallbackInfo& info) {
  return RunJob(
      info.Env(),
      [root = ToInt(info[0]), paths = Texts(info[1])] { return ReadAllFingerprints(root, paths); },
      [](Napi::Env env, const std::vector<Fingerprint>& prints) {
        auto digests = Napi::Buffer<unsigned char>::New(env, prints.size() * sizeof(Digest));
        Napi::Array xattrs = Napi::Array::New(env);
        for (size_t i = 0; i < prints.size(); ++i) {
          std::copy(prints[i].digest.begin(), prints[i].digest.end(), digests.Data() + i * sizeof(Digest));
          if (prints[i].xattrs.empty()) continue;
          Napi::Array row = Napi::Array::New(env, 2);
          row.Set(0U, Napi::Number::New(env, static_cast<double>(i)));
          row.Set(1U, PackXattrs(env, prints[i].xattrs));
          xattrs.Set(xattrs.Length(), row);
        }
        Napi::Object packed = Napi::Object::New(env);
        packed.Set("digests", digests);
        packed.Set("xattrs", xattrs);
        return packed;
      });
}

Napi::Value ReadXattrs(const Napi::CallbackInfo& info) {
  const std::string path = ToBytes(info[1]);
  const UniqueFd fd = OpenInRoot(ToInt(info[0]), path, O_PATH | O_NOFOLLOW);
  return PackXattrs(info.Env(), LayerXattrs(ProcPath(fd.get())));
}

Napi::Value OpaqueDirectory(const Napi::CallbackInfo& info) {
  const std::string path = ToBytes(info[1]);
  const UniqueFd fd = OpenInRoot(ToInt(info[0]), path, O_PATH | O_NOFOLLOW);
  const std::string reach = ProcPath(fd.get());
  return Napi::Boolean::New(info.Env(), IsOpaque(reach, ListXattrNames(reach)));
}

}  // namespace

void RegisterScan(Napi::Env env, Napi::Object exports) {
  Export<Scan>(env, exports, "scan");
  Export<FingerprintFiles>(env, exports, "fingerprintFiles");
  Export<OpaqueDirectory>(env, exports, "isOpaque");
  Export<ReadXattrs>(env, exports, "readXattrs");
}

}  // namespace slipway
