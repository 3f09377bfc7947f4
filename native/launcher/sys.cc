#include "sys.h"

#include <stdio.h>
#include <string.h>

namespace slipway::sys {

int writeAll(int fd, const void* data, size_t size) {
  auto at = static_cast<const char*>(data);
  while (size > 0) {
    const ssize_t n = ::write(fd, at, size);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return errno;
    at += n;
    size -= static_cast<size_t>(n);
  }
  return 0;
}

int readAll(int fd, void* data, size_t size) {
  auto at = static_cast<char*>(data);
  while (size > 0) {
    const ssize_t n = ::read(fd, at, size);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return errno;
    if (n == 0) return ECONNRESET;
    at += n;
    size -= static_cast<size_t>(n);
  }
  return 0;
}

int writeFile(int dir, const char* path, const char* text) {
  UniqueFd file(::openat(dir, path, O_WRONLY | O_CLOEXEC));
  if (!file) return errno;
  const size_t size = strlen(text);
  // One write: these files take a value per call.
  const ssize_t n = ::write(file.get(), text, size);
  if (n < 0) return errno;
  return static_cast<size_t>(n) == size ? 0 : EIO;
}

int replaceFile(const std::string& path, const std::string& text) {
  const std::string temporary = path + ".tmp";
  UniqueFd file(::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
  if (!file) return errno;
  if (const int error = writeAll(file.get(), text.data(), text.size())) return error;
  return errnoOf(::rename(temporary.c_str(), path.c_str()));
}

}  // namespace slipway::sys
