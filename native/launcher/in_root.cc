#include "in_root.h"

#include <errno.h>
#include <limits.h>
#include <linux/stat.h>
#include <string.h>
#include <sys/stat.h>

#include <string>
#include <vector>

#include "sys.h"

namespace slipway {

namespace {

constexpr int kMaxLinks = 40;

/** Id of the mount a descriptor is on. */
uint64_t mountOf(int fd) {
  struct statx info;
  return sys::call(SYS_statx, fd, "", AT_EMPTY_PATH, STATX_MNT_ID, &info) == 0 ? info.stx_mnt_id : 0;
}

/** Follows a path name by name with its own stack, so that neither links nor ".." nor a concurrent rename
 * lead out. */
class Walk {
 public:
  Walk(const Child& child, bool directory) : child_(child), directory_(directory) {}

  int run(const char* path, UniqueFd& out) {
    UniqueFd base(::openat(child_.base(), ".", O_PATH | O_DIRECTORY | O_CLOEXEC));
    if (!base) return errno;
    stack_.push_back(std::move(base));
    queue(path);
    while (!left_.empty()) {
      const std::string name = std::move(left_.back());
      left_.pop_back();
      if (const int error = step(name)) return error;
    }
    if (!end_) end_ = std::move(stack_.back());
    out = std::move(end_);
    return 0;
  }

 private:
  /** Puts the names of `path` before those left. */
  void queue(const char* path) {
    std::vector<std::string> names;
    for (const char* at = path; *at;) {
      const size_t size = strcspn(at, "/");
      if (size > 0) names.emplace_back(at, size);
      at += size + (at[size] == '/');
    }
    left_.insert(left_.end(), std::make_move_iterator(names.rbegin()), std::make_move_iterator(names.rend()));
  }

  int step(const std::string& name) {
    if (name == ".") return 0;
    if (name == "..") {
      if (stack_.size() > 1) {
        stack_.pop_back();
        names_.pop_back();
      }
      return 0;
    }
    const int parent = stack_.back().get();
    UniqueFd next(::openat(parent, name.c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC));
    if (!next && errno != ENOENT) return errno;
    if (!next) {
      if (const int error = make(parent, name)) return error;
      next.reset(::openat(parent, name.c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC));
      if (!next) return errno;
    }
    struct stat info;
    if (::fstat(next.get(), &info) < 0) return errno;
    if (S_ISLNK(info.st_mode)) return follow(next.get());
    if (S_ISDIR(info.st_mode)) {
      stack_.push_back(std::move(next));
      names_.push_back(name);
      return 0;
    }
    if (!left_.empty()) return ENOTDIR;
    end_ = std::move(next);
    return 0;
  }

  int make(int parent, const std::string& name) {
    const bool last = left_.empty();
    if (!last || directory_) {
      if (::mkdirat(parent, name.c_str(), 0755) < 0) return errno;
    } else {
      UniqueFd file(::openat(parent, name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644));
      if (!file) return errno;
    }
    if (child_.root && mountOf(parent) == mountOf(child_.root.get())) report(name, last);
    return 0;
  }

  void report(const std::string& name, bool last) const {
    std::string path;
    for (const std::string& part : names_) path += "/" + part;
    path += "/" + name;
    sendPacket(child_.channel, Message::kCreated, Payload().u8(!last).text(path.c_str()));
  }

  int follow(int link) {
    if (++links_ > kMaxLinks) return ELOOP;
    char text[PATH_MAX];
    const ssize_t size = ::readlinkat(link, "", text, sizeof text - 1);
    if (size < 0) return errno;
    text[size] = 0;
    if (text[0] == '/') {
      stack_.erase(stack_.begin() + 1, stack_.end());
      names_.clear();
    }
    queue(text);
    return 0;
  }

  const Child& child_;
  const bool directory_;
  std::vector<UniqueFd> stack_;
  std::vector<std::string> names_;
  std::vector<std::string> left_;
  UniqueFd end_;
  int links_ = 0;
};

}  // namespace

int openInRoot(int base, const char* path, UniqueFd& out) {
  out.reset(sys::openat2(base, path, O_PATH, RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS));
  return out ? 0 : errno;
}

int makeInRoot(const Child& child, const char* path, bool directory, UniqueFd& out) {
  const int error = openInRoot(child.base(), path, out);
  // EAGAIN: a rename elsewhere made ".." unsafe to resolve.
  return error == ENOENT || error == EAGAIN ? Walk(child, directory).run(path, out) : error;
}

int makeParent(const Child& child, const char* path, Parent& parent) {
  const char* slash = strrchr(path, '/');
  parent.name = slash ? slash + 1 : path;
  if (!*parent.name) return EINVAL;
  const std::string directory(path, slash ? static_cast<size_t>(slash - path) : 0);
  return makeInRoot(child, directory.empty() ? "." : directory.c_str(), true, parent.directory);
}

int op::placeholder(Child& child, Reader& in) {
  const char* target = in.string();
  if (!in.done()) return EINVAL;
  UniqueFd file;
  return makeInRoot(child, target, false, file);
}

}  // namespace slipway
