#include "unpack_metadata.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <string>

#include "errors.h"
#include "xattrs.h"

namespace slipway {
namespace {

void SetXattrs(const std::string& reach, const TarEntry& entry) {
  for (const auto& [name, value] : entry.xattrs) {
    if (BelongsInLayer(name)) SetXattr(reach, name, value);
  }
}

}  // namespace

struct timespec TimeOf(const TarEntry& entry) {
  return {static_cast<time_t>(entry.mtime), static_cast<long>(entry.mtime_ns)};
}

void SetTimes(int fd, const char* name, const struct timespec& time) {
  const struct timespec times[] = {time, time};
  const int result =
      *name == '\0' ? ::futimens(fd, times) : ::utimensat(fd, name, times, AT_SYMLINK_NOFOLLOW);
  Check(result, "utimensat", name);
}

// The owner comes first: changing it clears the setuid bit and the file capabilities.
void MemberMetadata::Set(int fd, const TarEntry& entry) const {
  const auto [uid, gid] = OwnerOf(entry);
  Check(::fchown(fd, uid, gid), "fchown", entry.path);
  Check(::fchmod(fd, entry.mode), "fchmod", entry.path);
  SetXattrs(ProcPath(fd), entry);
}

void MemberMetadata::SetAt(const Place& place, const TarEntry& entry) const {
  const auto [uid, gid] = OwnerOf(entry);
  const char* name = place.name.c_str();
  Check(::fchownat(place.parent, name, uid, gid, AT_SYMLINK_NOFOLLOW), "fchownat", place.path);
  if (entry.type != kTarSymlink) Check(::fchmodat(place.parent, name, entry.mode, 0), "fchmodat", place.path);
  SetXattrs(ProcPath(place.parent, place.name), entry);
  SetTimes(place.parent, name, TimeOf(entry));
}

}  // namespace slipway
