#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "tar_format.h"

namespace slipway {

/**
 * A path for calls that take no descriptor: `name` in the directory `fd`, or, by a magic link, what `fd`
 * itself refers to. The xattr functions below follow such a magic link, and no other.
 */
std::string ProcPath(int fd, std::string_view name = {});

/** Names of all extended attributes of `path`, its last link not followed; none where the filesystem has no
 * such thing. */
std::vector<std::string> ListXattrNames(const std::string& path);
std::string GetXattr(const std::string& path, const std::string& name);
void SetXattr(const std::string& path, const std::string& name, std::string_view value);

/** True for the attributes that belong into a layer: security.capability and user.*, overlayfs' own ones left
 * out. */
bool BelongsInLayer(std::string_view name);
/** The attributes of `path` that belong into a layer. */
Xattrs LayerXattrs(const std::string& path);

/**
 * True when the directory `path`, which has the attributes `names`, hides the lower directories of an
 * overlay. overlayfs marks by trusted.*, or by user.* when mounted with userxattr.
 */
bool IsOpaque(const std::string& path, const std::vector<std::string>& names);

}  // namespace slipway
