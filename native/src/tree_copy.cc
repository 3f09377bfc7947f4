#include <fcntl.h>
#include <linux/fs.h>
#include <linux/openat2.h>
#include <napi.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <map>

#include "digesting_writer.h"
#include "errors.h"
#include "in_root.h"
#include "job.h"
#include "register.h"
#include "stats.h"
#include "tree_walk.h"
#include "values.h"
#include "xattrs.h"

namespace slipway {
namespace {

constexpr uint64_t kInside = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS;

/** Copies `size` bytes at `offset`, in the kernel where it can. */
void CopyRange(int from, int to, off64_t offset, uint64_t size, const std::string& path) {
  off64_t in = offset;
  off64_t out = offset;
  std::vector<char> buffer;
  while (size > 0) {
    CheckInterrupted();
    if (buffer.empty()) {
      const ssize_t copied = ::copy_file_range(from, &in, to, &out, std::min<uint64_t>(size, 64 << 20), 0);
      if (copied > 0) {
        size -= static_cast<uint64_t>(copied);
        continue;
      }
      if (copied == 0) return;
      // EXDEV, EINVAL, EOPNOTSUPP: this pair of filesystems cannot; a real failure shows again below.
      buffer.resize(256 << 10);
    }
    const ssize_t got =
        Check(::pread(from, buffer.data(), std::min<uint64_t>(size, buffer.size()), in), "pread", path);
    if (got == 0) return;
    Check(::lseek(to, out, SEEK_SET), "lseek", path);
    WriteAll(to, buffer.data(), static_cast<size_t>(got));
    in += got;
    out += got;
    size -= static_cast<uint64_t>(got);
  }
}

/** Shares the blocks where the filesystem can, and otherwise copies what is not a hole. */
void CopyContent(int from, int to, uint64_t size, const std::string& path) {
  if (size == 0 || ::ioctl(to, FICLONE, from) == 0) return;
  off64_t at = 0;
  for (;;) {
    const off64_t data = ::lseek(from, at, SEEK_DATA);
    // ENXIO: only a hole is left.
    if (data < 0 && errno == ENXIO) break;
    Check(data, "lseek", path);
    const off64_t hole = Check(::lseek(from, data, SEEK_HOLE), "lseek", path);
    CopyRange(from, to, data, static_cast<uint64_t>(hole - data), path);
    at = hole;
  }
  Check(::ftruncate(to, static_cast<off_t>(size)), "ftruncate", path);
}

class Copier {
 public:
  Copier(int from, int to) : from_(from), to_(to) {}

  /** Copies what is below the two directories, and the first one's metadata to the second. */
  void Run() {
    for (pending_.push_back(""); !pending_.empty();) {
      const std::string path = std::move(pending_.back());
      pending_.pop_back();
      CopyDirectory(path);
    }
    for (auto directory = directories_.rbegin(); directory != directories_.rend(); ++directory) {
      const UniqueFd fd = OpenBelow(to_, directory->first, kOpenDirectory, kInside);
      SetTimes(fd.get(), "", directory->second);
    }
  }

 private:
  void CopyDirectory(const std::string& path) {
    CheckInterrupted();
    const UniqueFd from = OpenBelow(from_, path, kOpenDirectory, kInside);
    const UniqueFd to = OpenBelow(to_, path, kOpenDirectory, kInside);
    const struct statx stat = Statx(from.get(), "", path);
    SetOwnerAndMode(to.get(), stat, path);
    CopyXattrs(ProcPath(from.get()), ProcPath(to.get()));
    directories_.emplace_back(path, stat);
    DirectoryReader reader(from.get());
    while (const char* name = reader.Next()) CopyEntry(from.get(), to.get(), name, Below(path, name));
  }

  void CopyEntry(int from, int to, const char* name, const std::string& path) {
    const struct statx stat = Statx(from, name, path);
    if (S_ISDIR(stat.stx_mode)) {
      Check(::mkdirat(to, name, 0700), "mkdirat", path);
      pending_.push_back(path);
      return;
    }
    if (stat.stx_nlink > 1 && LinkToFirst(stat, to, name, path)) return;
    if (S_ISREG(stat.stx_mode)) return CopyFile(from, to, name, stat, path);
    if (S_ISLNK(stat.stx_mode)) {
      Check(::symlinkat(ReadLink(from, name).c_str(), to, name), "symlinkat", path);
    } else {
      const dev_t device = makedev(stat.stx_rdev_major, stat.stx_rdev_minor);
      Check(::mknodat(to, name, (stat.stx_mode & S_IFMT) | 0600, device), "mknodat", path);
    }
    Check(::fchownat(to, name, stat.stx_uid, stat.stx_gid, AT_SYMLINK_NOFOLLOW), "fchownat", path);
    if (!S_ISLNK(stat.stx_mode)) Check(::fchmodat(to, name, stat.stx_mode & 07777, 0), "fchmodat", path);
    CopyXattrs(ProcPath(from, name), ProcPath(to, name));
    SetTimes(to, name, stat);
  }

  /** Links `name` to the copy that another name of the same inode has already. */
  bool LinkToFirst(const struct statx& stat, int to, const char* name, const std::string& path) {
    const std::pair key(makedev(stat.stx_dev_major, stat.stx_dev_minor), stat.stx_ino);
    const auto [first, inserted] = names_.emplace(key, path);
    if (inserted) return false;
    Check(::linkat(to_, first->second.c_str(), to, name, 0), "linkat", path);
    return true;
  }

  void CopyFile(int from, int to, const char* name, const struct statx& stat, const std::string& path) {
    const UniqueFd in(
        Check(::openat(from, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC), "openat", path));
    const UniqueFd out(
        Check(::openat(to, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600), "openat", path));
    CopyContent(in.get(), out.get(), stat.stx_size, path);
    SetOwnerAndMode(out.get(), stat, path);
    CopyXattrs(ProcPath(in.get()), ProcPath(out.get()));
    SetTimes(out.get(), "", stat);
  }

  /** The owner comes first: changing it clears the setuid bit and the file capabilities. */
  static void SetOwnerAndMode(int fd, const struct statx& stat, const std::string& path) {
    Check(::fchown(fd, stat.stx_uid, stat.stx_gid), "fchown", path);
    Check(::fchmod(fd, stat.stx_mode & 07777), "fchmod", path);
  }

  static void CopyXattrs(const std::string& from, const std::string& to) {
    for (const std::string& name : ListXattrNames(from)) SetXattr(to, name, GetXattr(from, name));
  }

  static void SetTimes(int fd, const char* name, const struct statx& stat) {
    const auto time = [](const struct statx_timestamp& from) { return timespec{from.tv_sec, from.tv_nsec}; };
    const struct timespec times[] = {time(stat.stx_atime), time(stat.stx_mtime)};
    const int result =
        *name == '\0' ? ::futimens(fd, times) : ::utimensat(fd, name, times, AT_SYMLINK_NOFOLLOW);
    Check(result, "utimensat", name);
  }

  const int from_;
  const int to_;
  std::vector<std::string> pending_;
  std::vector<std::pair<std::string, struct statx>> directories_;
  std::map<std::pair<dev_t, uint64_t>, std::string> names_;
};

void CopyTreeTo(const std::string& from, const std::string& to) {
  const UniqueFd source(Check(::open(from.c_str(), kOpenDirectory), "open", from));
  const bool made = ::mkdir(to.c_str(), 0700) == 0;
  if (!made && errno != EEXIST) throw SyscallError{errno, "mkdir", to, {}};
  const UniqueFd target(Check(::open(to.c_str(), kOpenDirectory), "open", to));
  if (!made && DirectoryReader(target.get()).Next() != nullptr) throw SyscallError{EEXIST, "mkdir", to, {}};
  Copier(source.get(), target.get()).Run();
}

Napi::Value CopyTree(const Napi::CallbackInfo& info) {
  return RunJob(info.Env(), [from = ToBytes(info[0]), to = ToBytes(info[1])] { CopyTreeTo(from, to); });
}

}  // namespace

void RegisterTreeCopy(Napi::Env env, Napi::Object exports) { Export<CopyTree>(env, exports, "copyTree"); }

}  // namespace slipway
