#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "unique_fd.h"

namespace slipway {

/** openat2(2). Close-on-exec is added to `flags`. `path` may be empty or absolute; both start at `root`. */
UniqueFd OpenBelow(int root, const std::string& path, int flags, uint64_t resolve, unsigned mode = 0);

/** OpenBelow with RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS: links are resolved as in a chroot. */
UniqueFd OpenInRoot(int root, const std::string& path, int flags, unsigned mode = 0);

/** The components of `path`, without empty ones and "."; ".." takes one back and never leaves the root. */
std::vector<std::string> CleanComponents(std::string_view path);

/** `components` joined by "/", without a leading one. */
std::string JoinPath(const std::vector<std::string>& components);

/** See KernelFiles.resolveInRoot. */
std::string ResolveInRoot(int root, std::string_view path);

}  // namespace slipway
