#pragma once

#include <stdint.h>

#include <string>

namespace slipway {

/** The current time as Go's RFC3339Nano in UTC: "2026-01-02T03:04:05.06Z", the fraction without trailing
 * zeros. */
std::string timestamp();

/** Milliseconds of a clock that nobody sets. */
int64_t monotonicMs();

}  // namespace slipway
