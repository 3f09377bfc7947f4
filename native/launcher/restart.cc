#include "restart.h"

#include <algorithm>

namespace slipway {

namespace {

constexpr int64_t kFirstMs = 100;
constexpr int64_t kLongestMs = 60'000;
constexpr int64_t kGoodRunMs = 10'000;

}  // namespace

void RestartPolicy::set(Restart kind, uint32_t maximum) {
  kind_ = kind;
  maximum_ = maximum;
}

bool RestartPolicy::wanted(bool failed) const {
  if (cancelled_ || kind_ == Restart::kNever) return false;
  if (kind_ == Restart::kAlways) return true;
  return failed && (maximum_ == 0 || count_ < maximum_);
}

int64_t RestartPolicy::delayAfter(bool failed, int64_t ranMs) {
  if (!wanted(failed)) return -1;
  if (ranMs > kGoodRunMs) delayMs_ = 0;
  delayMs_ = delayMs_ == 0 ? kFirstMs : std::min(delayMs_ * 2, kLongestMs);
  count_++;
  return delayMs_;
}

}  // namespace slipway
