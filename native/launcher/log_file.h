#pragma once

#include <stddef.h>
#include <stdint.h>

#include "../src/unique_fd.h"
#include "log_rotation.h"
#include "program.h"

namespace slipway {

/** The file of a log, which gives way to a new one when it has reached its size. */
class LogFile {
 public:
  /** 0 or an errno. */
  int open(const LogSetup& setup);
  explicit operator bool() const { return static_cast<bool>(file_); }
  /** For a process that has it under another number. */
  void replace(UniqueFd file) { file_ = std::move(file); }
  int get() const { return file_.get(); }

  /** True when a file of `more` bytes beyond what was written is too long. */
  bool full(size_t more) const { return maxBytes_ > 0 && written_ + more >= maxBytes_; }
  /** Whole entries. A full disk loses them. */
  void write(const char* data, size_t size);
  void rotate();
  /** Returns when nothing happens to the older files any more. */
  void close() { rotation_.finish(); }

 private:
  UniqueFd file_;
  std::string path_;
  uint64_t maxBytes_ = 0;
  uint64_t written_ = 0;
  LogRotation rotation_;
};

}  // namespace slipway
