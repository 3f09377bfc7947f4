#pragma once

#include <dirent.h>
#include <fcntl.h>

#include <cstddef>
#include <functional>
#include <memory>
#include <string>

#include "unique_fd.h"

namespace slipway {

/** Entries of a directory, without "." and "..". Reads 64 KiB at a time, where libc's readdir reads half of
 * that. */
class DirectoryReader {
 public:
  explicit DirectoryReader(int fd) : fd_(fd), buffer_(new char[kSize]) {}
  /** The next name, or nullptr at the end. Valid until the next call. `type` gets the DT_ constant. */
  const char* Next(unsigned char* type = nullptr);

 private:
  static constexpr size_t kSize = 64 << 10;
  int fd_;
  std::unique_ptr<char[]> buffer_;
  size_t used_ = 0;
  size_t at_ = 0;
};

constexpr int kOpenDirectory = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;

/** `name` below `path`, which may be empty. */
std::string Below(const std::string& path, const char* name);

}  // namespace slipway
