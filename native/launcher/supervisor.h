#pragma once

#include <sys/types.h>

#include <memory>
#include <vector>

#include "../src/unique_fd.h"
#include "channel.h"
#include "child.h"
#include "health.h"
#include "kept_namespaces.h"
#include "program.h"
#include "shim.h"

namespace slipway {

/** The launcher after the clone: stands between the runtime and the child, starts that again if it is to, and
 * ends with it. */
class Supervisor {
 public:
  /** `shim` is null when the descriptors were passed. The program is changed for runs after the first. */
  Supervisor(Program& program, KeptNamespaces& namespaces, UniqueFd control, Started child, Shim* shim);

  /** Until the process has ended for good and all of its traces are removed. */
  void run();

 private:
  void waitForSomething(int64_t deadline);
  void readControl();
  void readChannel();
  void answerChild(Message type);
  void channelEnded();
  void controlEnded();
  void reap();
  bool runAgain();
  bool startAgain();
  int launchAgain();
  void finish();
  void finishContainer();
  void sendExited();

  Program& program_;
  UniqueFd control_;
  /** The same once the runtime hung up: it sees this end, too, when what it left is gone. */
  UniqueFd abandoned_;
  Started child_;
  Shim* shim_;
  std::unique_ptr<Health> health_;
  KeptNamespaces& namespaces_;
  long memoryKills_ = 0;
  /** The child said it was about to become the program. */
  bool promised_ = false;
  bool started_ = false;
  bool ended_ = false;
  /** Why the child could not become it, an errno. */
  int failure_ = 0;
  /** How it said so; empty unless it did, and nobody was told yet. */
  Packet refusal_;
  ExitRecord exit_;
};

}  // namespace slipway
