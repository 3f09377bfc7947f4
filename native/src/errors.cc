#include "errors.h"

namespace slipway {

void ThrowErrno(std::string_view syscall, std::string_view path, int number) {
  throw SyscallError{number, std::string(syscall), std::string(path), {}};
}

}  // namespace slipway
