#include "archive_member.h"

#include <string_view>
#include <utility>

#include "errors.h"
#include "in_root.h"

namespace slipway {
namespace {

struct Fault {
  int number;
  /** Of any when empty. */
  std::string_view syscall;
  const char* why;
};

constexpr const char* kXattrWhy = "an extended attribute whose name or value Linux does not take";
constexpr Fault kFaults[] = {
    {ELOOP, "", "its path leads through more than 40 symbolic links"},
    {ENAMETOOLONG, "", "its path or target has a name of more than 255 bytes, or more than 4095 in all"},
    {EINVAL, "lsetxattr", kXattrWhy},
    {ERANGE, "lsetxattr", kXattrWhy},
    {E2BIG, "lsetxattr", kXattrWhy},
    {EINVAL, "mknodat", "a device whose number is out of range"},
};

}  // namespace

void RefuseMember(const std::string& path, const std::string& why) {
  throw ArchiveError{(path.empty() ? "a member without a name" : path) + ": " + why};
}

void RefuseIfAtFault(const TarEntry& entry, const SyscallError& failed) {
  for (const auto& [number, syscall, why] : kFaults) {
    if (failed.number == number && (syscall.empty() || failed.syscall == syscall))
      RefuseMember(entry.path, why);
  }
}

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
