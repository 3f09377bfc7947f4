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

void KeptNamespaces::keepNetwork(const Program& program, pid_t pid) {
  if (!(program.cloneFlags & CLONE_NEWNET)) return;
  const std::string path = "/proc/" + std::to_string(pid) + "/ns/net";
  network_.reset(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
}

void KeptNamespaces::joinNetwork(Program& program) const {
  if (!network_ || !(program.cloneFlags & CLONE_NEWNET)) return;
  program.cloneFlags &= ~static_cast<uint64_t>(CLONE_NEWNET);
  program.joinFiles.push_back({CLONE_NEWNET, pathOf(network_)});
}

}  // namespace slipway
