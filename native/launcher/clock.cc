#include "clock.h"

#include <stdio.h>
#include <time.h>

namespace slipway {

std::string timestamp() {
  // Output comes in bursts: the calendar is worked out once a second.
  static time_t second = -1;
  static char prefix[40];
  timespec now;
  ::clock_gettime(CLOCK_REALTIME, &now);
  if (now.tv_sec != second) {
    tm parts;
    ::gmtime_r(&now.tv_sec, &parts);
    ::strftime(prefix, sizeof prefix, "%Y-%m-%dT%H:%M:%S", &parts);
    second = now.tv_sec;
  }
  std::string text = prefix;
  if (now.tv_nsec != 0) {
    char fraction[12];
    ::snprintf(fraction, sizeof fraction, ".%09ld", now.tv_nsec);
    text += fraction;
    text.erase(text.find_last_not_of('0') + 1);
  }
  return text + 'Z';
}

int64_t monotonicMs() {
  timespec now;
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * 1000LL + now.tv_nsec / 1'000'000;
}

}  // namespace slipway
