#pragma once

#include <stddef.h>
#include <stdint.h>

#include <string>

#include "../src/unique_fd.h"
#include "log_rotation.h"
#include "program.h"

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
  void close() { rotation_.finish(); }

 private:
  struct Line {
    std::string text;
    /** Time of the first piece of a line that was split. */
    std::string time;
  };

  void entry(int stream, const char* data, size_t size, bool last);
  void flush();
  void rotate();

  UniqueFd file_;
  std::string path_;
  uint64_t maxBytes_ = 0;
  LogRotation rotation_;
  std::string attributes_;
  uint64_t written_ = 0;
  std::string out_;
  Line lines_[2];
};

/** Appends `size` bytes as the inside of a JSON string, as Go's encoder would: invalid UTF-8 becomes U+FFFD,
 * <, > and & are escaped. */
void appendJson(std::string& out, const char* data, size_t size);

}  // namespace slipway
