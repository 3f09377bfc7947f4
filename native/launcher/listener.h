#pragma once

#include "../src/unique_fd.h"

namespace slipway {

/** A unix socket at `path`, however long that is, for its owner only; one that was left there is replaced. 0
 * or an errno. */
int listenAt(const char* path, UniqueFd& out);

}  // namespace slipway
