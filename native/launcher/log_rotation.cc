#include "log_rotation.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>
#include <zlib.h>

#include "../src/unique_fd.h"
#include "sys.h"

namespace slipway {

namespace {

constexpr const char* kSuffix = ".gz";

bool copyCompressed(int from, gzFile to) {
  static char buffer[64 * 1024];
  for (;;) {
    const ssize_t n = ::read(from, buffer, sizeof buffer);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return n == 0;
    if (gzwrite(to, buffer, static_cast<unsigned>(n)) != n) return false;
  }
}

/** Replaces a file by its compressed form; at any moment one of them is there, whole. */
void compressFile(const std::string& path) {
  const std::string temporary = path + kSuffix + ".tmp";
  UniqueFd from(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  UniqueFd to(::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0640));
  const gzFile file = from && to ? gzdopen(to.release(), "wb") : nullptr;
  if (!file) return;
  const bool copied = copyCompressed(from.get(), file);
  const bool whole = gzclose(file) == Z_OK && copied;
  if (whole && ::rename(temporary.c_str(), (path + kSuffix).c_str()) == 0) {
    ::unlink(path.c_str());
  } else {
    ::unlink(temporary.c_str());
  }
}

}  // namespace

void LogRotation::setUp(const char* path, uint32_t files, bool compressed) {
  path_ = path;
  files_ = files;
  compressed_ = compressed;
}

std::string LogRotation::nth(uint32_t number) const {
  return number == 0 ? path_ : path_ + "." + std::to_string(number);
}

void LogRotation::turn() {
  finish();
  // The older ones first: a reader that goes from the newest to the oldest meets each, for all move away from
  // it.
  for (const char* suffix : {kSuffix, ""}) {
    ::unlink((nth(files_ - 1) + suffix).c_str());
    for (uint32_t number = files_ - 1; number > 0; number--) {
      if (number == 1 && *suffix) break;
      ::rename((nth(number - 1) + suffix).c_str(), (nth(number) + suffix).c_str());
    }
  }
  if (compressed_) compress();
}

void LogRotation::compress() {
  compressor_ = static_cast<pid_t>(sys::call(SYS_clone, SIGCHLD, nullptr, nullptr, nullptr, nullptr));
  if (compressor_ != 0) return;
  // Whoever waits for the end of a connection or a stream must not wait for this process.
  sys::call(SYS_close_range, 0u, ~0u, 0);
  compressFile(nth(1));
  ::_exit(0);
}

void LogRotation::finish() {
  while (compressor_ > 0 && ::waitpid(compressor_, nullptr, 0) < 0 && errno == EINTR) {
  }
  compressor_ = 0;
}

}  // namespace slipway
