#pragma once

#include <stdint.h>

namespace slipway {

// Frames: runtime/launch/shim-protocol.ts describes them.
enum Frame : uint8_t {
  kAttach = 1,
  kStdin = 2,
  kStdinEnd = 3,
  kResize = 4,
  kSignal = 5,
  kWait = 6,
  kState = 7,
  kPolicy = 8,
  kNoMore = 9,
  kNames = 10,
  kAttached = 64,
  kStdout = 65,
  kStderr = 66,
  kExit = 67,
  kDone = 68,
  kStateIs = 69,
  kRefused = 70,
  kServing = 71,
};
enum AttachFlag : uint8_t { kWantStdin = 1, kWantStdout = 2, kWantStderr = 4, kWantLossless = 8 };

}  // namespace slipway
