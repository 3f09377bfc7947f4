#pragma once

#include <string>
#include <vector>

#include "tar_reader.h"

namespace slipway {

/** Throws the ArchiveError of a member. */
[[noreturn]] void RefuseMember(const std::string& path, const std::string& why);

/** Where a hard link leads, from the root of its archive. */
struct HardLinkTarget {
  std::string path;
  /** Of `path`: the directory, and the name in it. */
  std::vector<std::string> directory;
  std::string name;
};

/** Of the hard link `entry`, whose own path is cleaned in `at`. Throws ArchiveError. */
HardLinkTarget TargetOfHardLink(const TarEntry& entry, const std::string& at);

[[noreturn]] void RefuseMissingTarget(const TarEntry& entry, const HardLinkTarget& target);
[[noreturn]] void RefuseUnlinkableTarget(const TarEntry& entry, const HardLinkTarget& target);

/** Of a symbolic link. Throws ArchiveError when it leads nowhere. */
void CheckSymlink(const TarEntry& entry);

/** One method of `members` for each type of member; `place` is what they are given besides. Throws ArchiveError for another type. */
template <typename Members, typename... Place>
void MakeMember(Members& members, const TarEntry& entry, const Place&... place);

}  // namespace slipway
