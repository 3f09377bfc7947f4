#include "tree_walk.h"

#include <sys/syscall.h>
#include <unistd.h>

#include <cstdint>
#include <cstring>

#include "errors.h"

namespace slipway {
namespace {

/** getdents64(2)'s record. */
struct Record {
  uint64_t ino;
  int64_t off;
  uint16_t length;
  unsigned char type;
  char name[];
};

bool IsSelfOrParent(const char* name) { return std::strcmp(name, ".") == 0 || std::strcmp(name, "..") == 0; }

}  // namespace

const char* DirectoryReader::Next(unsigned char* type) {
  for (;;) {
    if (at_ >= used_) {
      used_ = static_cast<size_t>(Check(::syscall(SYS_getdents64, fd_, buffer_.get(), kSize), "getdents64"));
      at_ = 0;
      if (used_ == 0) return nullptr;
    }
    const auto* record = reinterpret_cast<const Record*>(buffer_.get() + at_);
    at_ += record->length;
    if (IsSelfOrParent(record->name)) continue;
    if (type != nullptr) *type = record->type;
    return record->name;
  }
}

std::string Below(const std::string& path, const char* name) {
  return path.empty() ? name : path + "/" + name;
}

}  // namespace slipway
