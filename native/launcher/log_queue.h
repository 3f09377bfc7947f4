#pragma once

#include <poll.h>
#include <sys/types.h>

#include <string>

#include "../src/unique_fd.h"
#include "log_file.h"

namespace slipway {

/**
 * Entries on their way to a process that writes them to the log's file, so that nobody waits for that. So
 * many bytes wait here (and what a pipe holds); an entry beyond them is lost.
 */
class LogQueue {
 public:
  /** Starts the writer, which has the file from now on; 0 or an errno. */
  int open(LogFile& file, uint64_t limit);
  explicit operator bool() const { return static_cast<bool>(pipe_); }

  /** One whole entry. */
  void add(const std::string& entry);
  pollfd polled() const { return {pending_.empty() ? -1 : pipe_.get(), POLLOUT, 0}; }
  /** Passes on what the writer can take now. */
  void flush();
  /** Returns when the writer has written everything. */
  void close();

 private:
  UniqueFd pipe_;
  pid_t writer_ = 0;
  uint64_t limit_ = 0;
  std::string pending_;
};

}  // namespace slipway
