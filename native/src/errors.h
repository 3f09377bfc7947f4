#pragma once

#include <cerrno>
#include <string>
#include <string_view>

namespace slipway {

/** A system call that failed. JavaScript sees an Error with { code: "ENOENT", errno, syscall, path }. */
struct SyscallError {
  int number;
  std::string syscall;
  std::string path;
  /** Said instead of strerror's text, where errno alone would mislead. */
  std::string why;
};

/** Damaged or hostile input. JavaScript sees an Error with { code: "ARCHIVE_INVALID" } and this message. */
struct ArchiveError {
  std::string why;
};

[[noreturn]] void ThrowErrno(std::string_view syscall, std::string_view path = {}, int number = errno);

/** Returns `result` unless it is negative, which is thrown as the failure of `syscall`. */
template <typename Result>
Result Check(Result result, std::string_view syscall, std::string_view path = {}) {
  if (result < 0) ThrowErrno(syscall, path);
  return result;
}

}  // namespace slipway
