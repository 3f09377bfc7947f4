#pragma once

#include <poll.h>
#include <stdint.h>
#include <sys/types.h>

#include <deque>
#include <string>
#include <vector>

#include "../src/unique_fd.h"
#include "child.h"
#include "program.h"
#include "state_file.h"

namespace slipway {

/**
 * Docker's health check: a command that is run in the container now and then, one at a time. Nothing here
 * waits; the owner polls what addTo() appends until due(), then calls handle().
 */
class Health {
 public:
  /** `setup` and `cgroupDirs` outlive it. */
  Health(const HealthSetup& setup, const StringList& cgroupDirs, StateFile& state)
      : setup_(setup), cgroupDirs_(cgroupDirs), state_(state) {}

  /** The container runs, its first process is `pid`. */
  void begin(pid_t pid);
  /** It has ended; a probe ends with it. */
  void end();
  /** When it has something to do by itself, in monotonic milliseconds; -1 for never. */
  int64_t due() const;
  void addTo(std::vector<pollfd>& polled) const;
  void handle(const pollfd* polled);

 private:
  struct Probe {
    Started process;
    UniqueFd output;
    std::string text;
    std::string startedAt;
    int64_t startedMs = 0;
    int64_t deadline = 0;
    bool late = false;
    std::string failure;
  };

  int64_t interval(int64_t now) const;
  void start();
  int launch(Stage& stage);
  void readChannel();
  void readOutput();
  void reap();
  void finish(int code);
  void judge(bool healthy);
  void setStatus(const char* status);
  void publish();

  const HealthSetup& setup_;
  const StringList& cgroupDirs_;
  StateFile& state_;
  pid_t pid_ = 0;
  int64_t begunMs_ = 0;
  int64_t nextMs_ = -1;
  std::string status_ = "starting";
  uint32_t streak_ = 0;
  std::deque<std::string> log_;
  Probe probe_;
};

}  // namespace slipway
