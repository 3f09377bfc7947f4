#pragma once

#include "program.h"

namespace slipway {

/** True when the kernel killed something of these groups for want of memory. */
bool killedForMemory(const StringList& directories);

/** Kills what is left in the groups and removes them. What cannot be removed stays. */
void removeCgroups(const StringList& directories);

}  // namespace slipway
