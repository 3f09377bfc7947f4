#include "log_queue.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sys.h"

namespace slipway {

namespace {

constexpr size_t kReadSize = 64 * 1024;

/** Writes each whole line of `text` and leaves what has no end yet. */
void writeLines(LogFile& file, std::string& text) {
  size_t start = 0;
  for (size_t end; (end = text.find('\n', start)) != std::string::npos; start = end + 1) {
    if (file.full(0)) file.rotate();
    file.write(text.data() + start, end + 1 - start);
  }
  text.erase(0, start);
}

/** Until every end of the pipe that could say more is closed. */
[[noreturn]] void serve(int pipe, LogFile& file) {
  // Whoever waits for the end of a connection or a stream must not wait for this process.
  ::dup2(pipe, 0);
  ::dup2(file.get(), 1);
  sys::call(SYS_close_range, 2u, ~0u, 0);
  file.replace(UniqueFd(1));
  ::prctl(PR_SET_NAME, "slipway-log", 0, 0, 0);
  static char buffer[kReadSize];
  std::string text;
  for (;;) {
    const ssize_t n = ::read(0, buffer, sizeof buffer);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) break;
    text.append(buffer, static_cast<size_t>(n));
    writeLines(file, text);
  }
  file.close();
  ::_exit(0);
}

}  // namespace

int LogQueue::open(LogFile& file, uint64_t limit) {
  int pair[2];
  if (::pipe2(pair, O_CLOEXEC) < 0) return errno;
  UniqueFd theirs(pair[0]), ours(pair[1]);
  writer_ = static_cast<pid_t>(sys::call(SYS_clone, SIGCHLD, nullptr, nullptr, nullptr, nullptr));
  if (writer_ < 0) return errno;
  if (writer_ == 0) serve(theirs.get(), file);
  file.replace(UniqueFd());
  limit_ = limit;
  pipe_ = std::move(ours);
  return sys::errnoOf(::fcntl(pipe_.get(), F_SETFL, O_NONBLOCK));
}

void LogQueue::add(const std::string& entry) {
  if (pending_.size() + entry.size() > limit_ && !pending_.empty()) return;
  pending_ += entry;
  flush();
}

void LogQueue::flush() {
  const ssize_t n = ::write(pipe_.get(), pending_.data(), pending_.size());
  if (n > 0) pending_.erase(0, static_cast<size_t>(n));
  // Nobody is there to write it.
  if (n < 0 && errno == EPIPE) pending_.clear();
}

void LogQueue::close() {
  if (!pipe_) return;
  ::fcntl(pipe_.get(), F_SETFL, 0);
  sys::writeAll(pipe_.get(), pending_.data(), pending_.size());
  pipe_.reset();
  while (::waitpid(writer_, nullptr, 0) < 0 && errno == EINTR) {
  }
}

}  // namespace slipway
