#pragma once

#include <stdint.h>
#include <sys/types.h>

#include <string>

namespace slipway {

/**
 * The files that a log had before: <path>.1, its last, to <path>.<files - 1>. With compression a file is
 * turned into <path>.1.gz by a process of its own, so that no output waits for it.
 */
class LogRotation {
 public:
  void setUp(const char* path, uint32_t files, bool compressed);
  uint32_t files() const { return files_; }
  /** Moves every file on by one, so that the log's path is free. Waits for the compression of the last. */
  void turn();
  /** Waits for a compression that goes on. */
  void finish();

 private:
  std::string nth(uint32_t number) const;
  void compress();

  std::string path_;
  uint32_t files_ = 1;
  bool compressed_ = false;
  pid_t compressor_ = 0;
};

}  // namespace slipway
