#pragma once

#include <stddef.h>
#include <stdint.h>

#include <string>

#include "log_file.h"
#include "log_queue.h"

namespace slipway {

/**
 * Docker's json-file log: one {"log":"line\n","stream":"stdout","time":"…"} a line. A line of more than 16
 * KiB becomes several entries of which only the last ends with a newline and which bear the time of the
 * first; so does what is left without newline at the end.
 */
class JsonLog {
 public:
  static constexpr size_t kLineLimit = 16384;

  /** 0 or an errno. */
  int open(const LogSetup& setup);
  /** stream: 0 stdout, 1 stderr. A full disk loses entries, never the container. */
  void append(int stream, const char* data, size_t size);
  /** What is left of both streams. */
  void finish();
  /** Returns when nothing happens to its files any more. */
  void close();
  /** What is to be polled for it, and what to do then. */
  pollfd polled() const { return queue_.polled(); }
  void pass() { queue_.flush(); }

 private:
  struct Line {
    std::string text;
    /** Time of the first piece of a line that was split. */
    std::string time;
  };

  void entry(int stream, const char* data, size_t size, bool last);
  void flush();
  bool keeps() const { return file_ || queue_; }

  LogFile file_;
  /** In front of it, where nobody may wait for it. */
  LogQueue queue_;
  std::string attributes_;
  std::string out_;
  Line lines_[2];
};

/** Appends `size` bytes as the inside of a JSON string, as Go's encoder would: invalid UTF-8 becomes U+FFFD,
 * <, > and & are escaped. */
void appendJson(std::string& out, const char* data, size_t size);

}  // namespace slipway
