#include "kept_namespaces.h"

#include <errno.h>
#include <sched.h>

#include "sys.h"

namespace slipway {

namespace {

/** Of an open descriptor, for whoever takes a path. */
std::string pathOf(const UniqueFd& file) { return "/proc/self/fd/" + std::to_string(file.get()); }

}  // namespace

int KeptNamespaces::keepJoined(Program& program) {
  for (NamespaceFile& file : program.joinFiles) {
    UniqueFd open(::open(file.path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!open) return errno;
    file.path = pathOf(open);
    joined_.push_back(std::move(open));
  }
  return 0;
}

void KeptNamespaces::keepMade(const Program& program, pid_t pid) {
  const std::string folder = "/proc/" + std::to_string(pid) + "/ns/";
  if (program.cloneFlags & CLONE_NEWNET)
    network_.reset(::open((folder + "net").c_str(), O_RDONLY | O_CLOEXEC));
  if (program.cloneFlags & CLONE_NEWNS) mounts_.reset(::open((folder + "mnt").c_str(), O_RDONLY | O_CLOEXEC));
}

void KeptNamespaces::joinNetwork(Program& program) const {
  if (!network_ || !(program.cloneFlags & CLONE_NEWNET)) return;
  program.cloneFlags &= ~static_cast<uint64_t>(CLONE_NEWNET);
  program.joinFiles.push_back({CLONE_NEWNET, pathOf(network_)});
}

}  // namespace slipway
