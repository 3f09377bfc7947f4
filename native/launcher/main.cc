// The launcher: receives a program on descriptor 3 (channel.h), performs it in a new process (child.h),
// supervises that until it ends (supervisor.h). For a detached container it stays as the container's shim.

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/stat.h>

#include <memory>

#include "cgroup.h"
#include "channel.h"
#include "child.h"
#include "kept_namespaces.h"
#include "program.h"
#include "shim.h"
#include "supervisor.h"
#include "sys.h"

namespace slipway {
namespace {

constexpr int kControl = 3;

[[noreturn]] void refuse(int control, int error, Stage stage) {
  sendFrame(control, Message::kFailed,
            Payload().u32(kNoOperation).u32(static_cast<uint32_t>(error)).u8(static_cast<uint8_t>(stage)));
  _exit(1);
}

/** The first frame; null when it is not a program of a sensible size. */
std::unique_ptr<uint8_t[]> receiveProgram(int control, size_t& size) {
  uint8_t head[5];
  if (sys::readAll(control, head, sizeof head) != 0) return nullptr;
  size = Reader(head + 1, 4).u32();
  if (static_cast<Message>(head[0]) != Message::kProgram || size > kProgramLimit) return nullptr;
  std::unique_ptr<uint8_t[]> data(new uint8_t[size]);
  return sys::readAll(control, data.get(), size) == 0 ? std::move(data) : nullptr;
}

/** Leaves the starter's family and session; the starter reaps the parent at once. */
int daemonize() {
  const pid_t pid = static_cast<pid_t>(sys::call(SYS_clone, SIGCHLD, nullptr, nullptr, nullptr, nullptr));
  if (pid < 0) return errno;
  if (pid > 0) _exit(0);
  ::setsid();
  return sys::errnoOf(::chdir("/"));
}

/** The launcher keeps no end of the streams, or their readers would wait for it. */
void dropStdio() {
  UniqueFd null(::open("/dev/null", O_RDWR | O_CLOEXEC));
  for (int fd = 0; null && fd <= 2; fd++) ::dup2(null.get(), fd);
}

void prepare() {
  ::signal(SIGPIPE, SIG_IGN);
  ::signal(SIGHUP, SIG_IGN);
  ::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
  ::fcntl(kControl, F_SETFD, FD_CLOEXEC);
}

/** The first run's child; 0, or the errno of what `stage` names. */
int start(Program& program, const Shim* shim, KeptNamespaces& namespaces, Started& child, Stage& stage) {
  constexpr int kOwn[3] = {0, 1, 2};
  if (!shim) return startChild(program, kOwn, child, stage);
  stage = Stage::kNamespaces;
  if (const int error = namespaces.keepJoined(program)) return error;
  if (const int error = startChild(program, shim->stdio(), child, stage)) return error;
  // The child waits for a word from here, unless it failed already.
  namespaces.keepMade(program, child.pid);
  return 0;
}

int run() {
  UniqueFd control(kControl);
  size_t size = 0;
  const std::unique_ptr<uint8_t[]> data = receiveProgram(control.get(), size);
  Program program;
  if (!data || !readProgram(data.get(), size, program)) refuse(control.get(), EINVAL, Stage::kProgram);
  std::unique_ptr<Shim> shim;
  if (program.io == IoKind::kShim) {
    if (const int error = daemonize()) refuse(control.get(), error, Stage::kShim);
    dropStdio();
    shim.reset(new Shim(program.shim));
    if (const int error = shim->open()) refuse(control.get(), error, Stage::kShim);
  }
  KeptNamespaces namespaces;
  Started child;
  Stage stage = Stage::kNone;
  if (const int error = start(program, shim.get(), namespaces, child, stage)) {
    removeCgroups(program.cgroupDirs);
    if (shim) shim->close();
    refuse(control.get(), error, stage);
  }
  const Payload pids = Payload().u32(static_cast<uint32_t>(child.pid)).u32(static_cast<uint32_t>(::getpid()));
  sendFrame(control.get(), Message::kCloned, pids);
  if (shim) {
    shim->childHasStdio();
    // Of all the container's processes its keeper should be the last to go. Refused without CAP_SYS_RESOURCE.
    sys::writeFile(AT_FDCWD, "/proc/self/oom_score_adj", "-999");
  } else {
    dropStdio();
  }
  Supervisor(program, namespaces, std::move(control), std::move(child), shim.get()).run();
  return 0;
}

}  // namespace
}  // namespace slipway

int main() {
  slipway::prepare();
  return slipway::run();
}
