#pragma once

#include <sys/types.h>

#include "../src/unique_fd.h"
#include "channel.h"
#include "program.h"

namespace slipway {

struct Started {
  pid_t pid = -1;
  UniqueFd pidfd;
  /** The launcher's end of the child's channel. */
  UniqueFd channel;
};

/**
 * Clones the child into its namespaces and cgroups and has it perform the program. `stdio` become its
 * descriptors 0 to 2. 0, or the errno of what `stage` names.
 */
int startChild(const Program& program, const int (&stdio)[3], Started& started, Stage& stage);

}  // namespace slipway
