#include "xattrs.h"

#include <sys/xattr.h>

#include <algorithm>

#include "errors.h"

namespace slipway {
namespace {

constexpr std::string_view kDescriptors = "/proc/self/fd/";

/** True for a path that names a descriptor itself: the magic link has to be followed, and leads to a link's
 * own inode too. */
bool IsDescriptor(std::string_view path) {
  return path.starts_with(kDescriptors) && path.find('/', kDescriptors.size()) == std::string_view::npos;
}

/** Calls `read(buffer, size)` with a growing buffer until everything fits. */
template <typename Read>
std::string Grow(const std::string& path, const char* syscall, Read read) {
  std::string buffer(256, '\0');
  for (;;) {
    const ssize_t size = read(buffer.data(), buffer.size());
    if (size >= 0) {
      buffer.resize(static_cast<size_t>(size));
      return buffer;
    }
    if (errno != ERANGE) ThrowErrno(syscall, path);
    buffer.resize(buffer.size() * 8);
  }
}

}  // namespace

std::string ProcPath(int fd, std::string_view name) {
  std::string path = std::string(kDescriptors) + std::to_string(fd);
  if (!name.empty()) path.append("/").append(name);
  return path;
}

std::vector<std::string> ListXattrNames(const std::string& path) {
  const auto list = IsDescriptor(path) ? ::listxattr : ::llistxattr;
  const ssize_t size = list(path.c_str(), nullptr, 0);
  if (size == 0 || (size < 0 && errno == ENOTSUP)) return {};
  const std::string joined =
      Grow(path, "llistxattr", [&](char* to, size_t room) { return list(path.c_str(), to, room); });
  std::vector<std::string> names;
  for (size_t at = 0; at < joined.size(); at += names.back().size() + 1)
    names.emplace_back(joined.c_str() + at);
  return names;
}

std::string GetXattr(const std::string& path, const std::string& name) {
  const auto get = IsDescriptor(path) ? ::getxattr : ::lgetxattr;
  return Grow(path, "lgetxattr",
              [&](char* to, size_t room) { return get(path.c_str(), name.c_str(), to, room); });
}

void SetXattr(const std::string& path, const std::string& name, std::string_view value) {
  const auto set = IsDescriptor(path) ? ::setxattr : ::lsetxattr;
  Check(set(path.c_str(), name.c_str(), value.data(), value.size(), 0), "lsetxattr", path);
}

bool BelongsInLayer(std::string_view name) {
  return name == "security.capability" || (name.starts_with("user.") && !name.starts_with("user.overlay."));
}

Xattrs LayerXattrs(const std::string& path) {
  Xattrs xattrs;
  for (const std::string& name : ListXattrNames(path)) {
    if (BelongsInLayer(name)) xattrs[name] = GetXattr(path, name);
  }
  return xattrs;
}

bool IsOpaque(const std::string& path, const std::vector<std::string>& names) {
  for (const char* mark : {"trusted.overlay.opaque", "user.overlay.opaque"}) {
    const bool present = std::find(names.begin(), names.end(), mark) != names.end();
    if (present && GetXattr(path, mark) == "y") return true;
  }
  return false;
}

}  // namespace slipway
