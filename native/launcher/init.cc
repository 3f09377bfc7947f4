// The process 1 of a container that asked for one: hands signals on, reaps what is orphaned, ends as its
// program ends.

#include <errno.h>
#include <linux/close_range.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "operations.h"
#include "sys.h"

namespace slipway {

namespace {

/** The shell's status of `main` once it has ended, -1 before; reaps all others on the way. */
int reap(pid_t main) {
  for (;;) {
    int status;
    const pid_t pid = ::waitpid(-1, &status, WNOHANG);
    if (pid <= 0) return -1;
    if (pid == main) return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
  }
}

[[noreturn]] void serve(pid_t main, const sigset_t& all) {
  sys::call(SYS_close_range, 0u, ~0u, 0);
  ::prctl(PR_SET_NAME, "slipway-init", 0, 0, 0);
  for (;;) {
    const int signal = ::sigwaitinfo(&all, nullptr);
    if (signal == SIGCHLD) {
      const int status = reap(main);
      if (status >= 0) _exit(status);
    } else if (signal > 0) {
      ::kill(main, signal);
    }
  }
}

}  // namespace

int op::init(Child&, Reader& in) {
  if (!in.done()) return EINVAL;
  sigset_t all, none;
  sigfillset(&all);
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &all, nullptr);
  const pid_t pid = static_cast<pid_t>(sys::call(SYS_clone, SIGCHLD, nullptr, nullptr, nullptr, nullptr));
  if (pid < 0) return errno;
  if (pid > 0) serve(pid, all);
  // A group of its own in the foreground: the terminal's signals reach the program once, not again through
  // process 1. A background group that takes the terminal is stopped by SIGTTOU unless that is blocked, as it
  // is here.
  ::setpgid(0, 0);
  if (::isatty(0)) ::tcsetpgrp(0, ::getpid());
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  return 0;
}

}  // namespace slipway
