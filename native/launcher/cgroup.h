#pragma once

#include "program.h"

namespace slipway {

/** How many processes of these groups the kernel has killed for want of memory. */
long killedForMemory(const StringList& directories);

/** True when something has stopped the processes of these groups for the time being. */
bool frozen(const StringList& directories);

/** Kills what is left in the groups and waits, not for ever, until it is gone. */
void emptyCgroups(const StringList& directories);

/** Kills what is left in the groups and removes them. What cannot be removed stays. */
void removeCgroups(const StringList& directories);

}  // namespace slipway
