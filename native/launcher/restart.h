#pragma once

#include <stdint.h>

namespace slipway {

/** When a process that has ended is started again. Whoever stopped it on purpose says so by cancel(). */
enum class Restart : uint8_t { kNever = 0, kOnFailure = 1, kAlways = 2 };

/** Docker's restart policy: 100 ms after the first end, twice as long after each further one, a minute at
 * most; a run of ten seconds begins anew. */
class RestartPolicy {
 public:
  RestartPolicy(Restart kind, uint32_t maximum) : kind_(kind), maximum_(maximum) {}

  /** `maximum`: how often after failures, 0 for ever. */
  void set(Restart kind, uint32_t maximum);
  void cancel() { cancelled_ = true; }
  bool cancelled() const { return cancelled_; }
  /** How often it was started again. */
  uint32_t count() const { return count_; }
  /** Milliseconds until it is to be started again after a run of `ranMs`, -1 for never; counts it. */
  int64_t delayAfter(bool failed, int64_t ranMs);

 private:
  bool wanted(bool failed) const;

  Restart kind_;
  uint32_t maximum_;
  uint32_t count_ = 0;
  int64_t delayMs_ = 0;
  bool cancelled_ = false;
};

}  // namespace slipway
