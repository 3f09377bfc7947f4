#include "unpack_place.h"

#include <fcntl.h>

#include "errors.h"
#include "in_root.h"
#include "tree_remove.h"
#include "tree_walk.h"

namespace slipway {

std::optional<struct statx> StatPlace(const Place& place) {
  struct statx stat;
  const int flags = AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT;
  if (::statx(place.parent, place.name.c_str(), flags, STATX_BASIC_STATS, &stat) == 0) return stat;
  if (errno == ENOENT) return std::nullopt;
  ThrowErrno("statx", place.path);
}

UniqueFd OpenPlace(const Place& place) {
  return UniqueFd(Check(::openat(place.parent, place.name.c_str(), kOpenDirectory), "openat", place.path));
}

UniqueFd OpenDirectories::Try(const std::string& path) const {
  try {
    return OpenInRoot(root_, path, O_RDONLY | O_DIRECTORY);
  } catch (const SyscallError& failed) {
    if (failed.number != ENOENT && failed.number != ENOTDIR) throw;
    return UniqueFd();
  }
}

int OpenDirectories::Keep(const std::string& path, UniqueFd directory) {
  constexpr size_t kMost = 128;
  if (open_.size() >= kMost) open_.clear();
  return open_.emplace(path, std::move(directory)).first->second.get();
}

void OpenDirectories::Remove(const Place& place) {
  const std::optional<struct statx> there = StatPlace(place);
  if (!there) return;
  RemoveBelow(place.parent, place.name);
  if (S_ISDIR(there->stx_mode) || S_ISLNK(there->stx_mode)) ForgetBut(place.parent);
}

void OpenDirectories::ForgetBut(int parent) {
  std::erase_if(open_, [parent](const auto& cached) { return cached.second.get() != parent; });
}

}  // namespace slipway
