#include "in_root.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <deque>
#include <optional>

#include "errors.h"
#include "stats.h"

namespace slipway {
namespace {

// As MAXSYMLINKS of the kernel's own path walk.
constexpr int kMaxLinks = 40;

std::vector<std::string_view> Split(std::string_view path) {
  std::vector<std::string_view> parts;
  while (!path.empty()) {
    const size_t slash = path.find('/');
    const std::string_view part = path.substr(0, slash);
    if (!part.empty() && part != ".") parts.push_back(part);
    path.remove_prefix(slash == std::string_view::npos ? path.size() : slash + 1);
  }
  return parts;
}

void Apply(std::vector<std::string>& components, std::string_view part) {
  if (part != "..") {
    components.emplace_back(part);
  } else if (!components.empty()) {
    components.pop_back();
  }
}

/** Target of `path` below `root` when it is a link; undefined when it is something else. Throws when it does
 * not exist. */
std::optional<std::string> LinkAt(int root, const std::string& path) {
  const UniqueFd fd = OpenInRoot(root, path, O_PATH | O_NOFOLLOW);
  if ((Statx(fd.get(), "", path).stx_mode & S_IFMT) != S_IFLNK) return std::nullopt;
  return ReadLink(fd.get());
}

bool IsAbsent(const SyscallError& failed) { return failed.number == ENOENT || failed.number == ENOTDIR; }

}  // namespace

UniqueFd OpenBelow(int root, const std::string& path, int flags, uint64_t resolve, unsigned mode) {
  struct open_how how = {};
  how.flags = static_cast<uint64_t>(flags) | O_CLOEXEC;
  // O_TMPFILE is two bits, one of which is O_DIRECTORY; a mode where nothing is created is EINVAL.
  how.mode = (flags & O_CREAT) != 0 || (flags & O_TMPFILE) == O_TMPFILE ? mode : 0;
  how.resolve = resolve;
  const char* name = path.empty() ? "." : path.c_str();
  for (;;) {
    const long fd = ::syscall(SYS_openat2, root, name, &how, sizeof how);
    if (fd >= 0) return UniqueFd(static_cast<int>(fd));
    // EAGAIN: a rename raced with the walk, and the kernel could not prove that ".." stays below the root.
    if (errno != EAGAIN && errno != EINTR) ThrowErrno("openat2", path);
  }
}

UniqueFd OpenInRoot(int root, const std::string& path, int flags, unsigned mode) {
  return OpenBelow(root, path, flags, RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS, mode);
}

std::vector<std::string> CleanComponents(std::string_view path) {
  std::vector<std::string> components;
  for (const std::string_view part : Split(path)) Apply(components, part);
  return components;
}

std::string JoinPath(const std::vector<std::string>& components) {
  std::string path;
  for (const std::string& part : components) {
    if (!path.empty()) path += '/';
    path += part;
  }
  return path;
}

std::string ResolveInRoot(int root, std::string_view path) {
  std::vector<std::string> done;
  std::deque<std::string> pending;
  for (const std::string_view part : Split(path)) pending.emplace_back(part);
  int links = 0;
  bool absent = false;
  while (!pending.empty()) {
    const std::string part = std::move(pending.front());
    pending.pop_front();
    Apply(done, part);
    if (absent || part == "..") continue;
    std::optional<std::string> link;
    try {
      link = LinkAt(root, JoinPath(done));
    } catch (const SyscallError& failed) {
      if (!IsAbsent(failed)) throw;
      absent = true;
    }
    if (!link) continue;
    if (++links > kMaxLinks) ThrowErrno("openat2", path, ELOOP);
    done.pop_back();
    if (link->starts_with('/')) done.clear();
    const auto parts = Split(*link);
    pending.insert(pending.begin(), parts.begin(), parts.end());
  }
  return "/" + JoinPath(done);
}

}  // namespace slipway
