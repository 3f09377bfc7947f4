#pragma once

#include <vector>

#include "../src/unique_fd.h"
#include "program.h"

namespace slipway {

/**
 * The namespaces that a container's runs have in common: those it joins, which a path of /proc names only as
 * long as their owner lives, and the network it made, so that its addresses and published ports stay.
 */
class KeptNamespaces {
 public:
  /** Opens those the program joins, and has it name what is open; 0 or an errno. */
  int keepJoined(Program& program);
  /** Keeps the network and mount namespaces of the first run's process if the program makes them and the
   * process still is. */
  void keepMade(const Program& program, pid_t pid);
  /** Has the program join what an earlier run made. */
  void joinNetwork(Program& program) const;
  /** The network goes with its last process. */
  void dropNetwork() { network_.reset(); }
  /** As do the mounts of the first run, which takes milliseconds. */
  void dropMounts() { mounts_.reset(); }

 private:
  std::vector<UniqueFd> joined_;
  UniqueFd network_;
  /** Held only so that a process does not take its mounts down before its end can be seen. */
  UniqueFd mounts_;
};

}  // namespace slipway
