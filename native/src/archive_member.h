#pragma once

#include <string>
#include <vector>

#include "errors.h"
#include "tar_format.h"

namespace slipway {

/** Throws an ArchiveError about the member `path`. */
[[noreturn]] void RefuseMember(const std::string& path, const std::string& why);

/** The same, when it is the member that made this call fail, whatever the machine. */
void RefuseIfAtFault(const TarEntry& entry, const SyscallError& failed);

/** Calls `add`, which puts the member into a tree. */
template <typename Add>
void AddMember(const TarEntry& entry, Add add) {
  try {
    add();
  } catch (const SyscallError& failed) {
    RefuseIfAtFault(entry, failed);
    throw;
  }
}

/** Where a hard link leads, from the root of its archive. */
struct HardLinkTarget {
  std::string path;
  /** The directory and the name that `path` consists of. */
  std::vector<std::string> directory;
  std::string name;
};

/** Of the hard link `entry`, which is made at `path`. Throws ArchiveError when it leads to the root or
 * itself. */
HardLinkTarget TargetOfHardLink(const TarEntry& entry, const std::string& path);

/** Refuses a hard link whose target is not there, or is none of which a link can be made. */
[[noreturn]] void RefuseMissing(const TarEntry& entry, const HardLinkTarget& target);
[[noreturn]] void RefuseUnlinkable(const TarEntry& entry, const HardLinkTarget& target);

}  // namespace slipway
