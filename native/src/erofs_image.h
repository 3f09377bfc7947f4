#pragma once

#include <array>
#include <cstdint>

#include "layer_tree.h"

namespace slipway {

struct ErofsOptions {
  std::array<uint8_t, 16> uuid;
  /** Bytes of the archive, the device that files point into. */
  uint64_t device_size;
};

/**
 * Writes an EROFS filesystem of `tree` to the position of `out`; its regular files are chunks of a second
 * device, the archive. Same tree, same bytes. Returns its size. Throws SyscallError, Unfit.
 */
uint64_t WriteErofs(int out, const LayerTree& tree, const ErofsOptions& options);

}  // namespace slipway
