#include "log_file.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "sys.h"

namespace slipway {

int LogFile::open(const LogSetup& setup) {
  path_ = setup.path;
  maxBytes_ = setup.bytes;
  rotation_.setUp(setup.path, setup.files, setup.compressed);
  file_.reset(::open(setup.path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0640));
  struct stat info;
  if (!file_ || ::fstat(file_.get(), &info) < 0) return errno;
  written_ = static_cast<uint64_t>(info.st_size);
  return 0;
}

void LogFile::write(const char* data, size_t size) {
  if (!file_) return;
  if (sys::writeAll(file_.get(), data, size) == 0) {
    written_ += size;
  } else if (::ftruncate(file_.get(), static_cast<off_t>(written_)) < 0) {
    // A later entry would continue the half one that is there.
    file_.reset();
  }
}

void LogFile::rotate() {
  if (rotation_.files() < 2) {
    if (::ftruncate(file_.get(), 0) == 0) written_ = 0;
    return;
  }
  rotation_.turn();
  UniqueFd next(::open(path_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0640));
  if (next) file_ = std::move(next);
  written_ = 0;
}

}  // namespace slipway
