#include "archive_member.h"

#include <utility>

#include "errors.h"
#include "in_root.h"

namespace slipway {

void RefuseMember(const std::string& path, const std::string& why) { throw ArchiveError{path + ": " + why}; }

HardLinkTarget TargetOfHardLink(const TarEntry& entry, const std::string& path) {
  HardLinkTarget target;
  target.directory = CleanComponents(entry.link);
  if (target.directory.empty()) RefuseMember(entry.path, "a hard link to the root");
  target.path = JoinPath(target.directory);
  if (target.path == path) RefuseMember(entry.path, "a hard link to itself");
  target.name = std::move(target.directory.back());
  target.directory.pop_back();
  return target;
}

void RefuseMissing(const TarEntry& entry, const HardLinkTarget& target) {
  RefuseMember(entry.path, "a hard link to " + target.path + ", which is not there");
}

void RefuseUnlinkable(const TarEntry& entry, const HardLinkTarget& target) {
  RefuseMember(entry.path, "a hard link to " + target.path + ", which cannot be linked");
}

}  // namespace slipway
