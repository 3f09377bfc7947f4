#pragma once

#include <sys/types.h>

#include "../src/unique_fd.h"
#include "channel.h"
#include "child.h"
#include "program.h"
#include "shim.h"

namespace slipway {

/** The launcher after the clone: stands between the runtime and the child, and ends with it. */
class Supervisor {
 public:
  /** `shim` is null when the descriptors were passed. */
  Supervisor(const Program& program, UniqueFd control, Started child, Shim* shim)
      : program_(program), control_(std::move(control)), child_(std::move(child)), shim_(shim) {}

  /** Until the process has ended and all of its traces are removed. */
  void run();

 private:
  void waitForSomething();
  void readControl();
  void readChannel();
  void channelEnded();
  void controlEnded();
  void reap();
  void finish();

  const Program& program_;
  UniqueFd control_;
  Started child_;
  Shim* shim_;
  /** The child said it was about to become the program. */
  bool promised_ = false;
  bool started_ = false;
  bool ended_ = false;
  ExitRecord exit_;
};

}  // namespace slipway
