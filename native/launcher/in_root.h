#pragma once

#include <sys/types.h>

#include "../src/unique_fd.h"
#include "operations.h"

namespace slipway {

/** Opens `path` below `base` (O_PATH), links resolved as in a chroot; 0 or an errno. */
int openInRoot(int base, const char* path, UniqueFd& out);

/**
 * openInRoot that makes what is missing: directories for all but the last name, and for that a directory or
 * an empty file. What was made below the root filesystem is reported to the runtime.
 */
int makeInRoot(const Child& child, const char* path, bool directory, UniqueFd& out);

/** The directory of `path` and its last name, for calls that make something new there. */
struct Parent {
  UniqueFd directory;
  const char* name = nullptr;
};
int makeParent(const Child& child, const char* path, Parent& parent);

}  // namespace slipway
