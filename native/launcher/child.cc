#include "child.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <vector>

#include "operations.h"
#include "sys.h"

namespace slipway {

namespace {

constexpr uint64_t kPidNamespace = CLONE_NEWPID;

/** Opened by the launcher, used by the child: a write to cgroup.procs is judged by who opened it. */
struct Handles {
  UniqueFd joined;
  struct Namespace {
    uint64_t kind;
    UniqueFd file;
  };
  std::vector<Namespace> namespaces;
  std::vector<UniqueFd> cgroups;
  UniqueFd cgroup2;
};

int openHandles(const Program& program, Handles& handles, Stage& stage) {
  stage = Stage::kCgroup;
  for (const char* path : program.cgroupFiles) {
    handles.cgroups.emplace_back(::open(path, O_WRONLY | O_CLOEXEC));
    if (!handles.cgroups.back()) return errno;
  }
  if (*program.cgroup2) {
    handles.cgroup2.reset(::open(program.cgroup2, O_PATH | O_DIRECTORY | O_CLOEXEC));
    if (!handles.cgroup2) return errno;
  }
  stage = Stage::kNamespaces;
  for (const NamespaceFile& file : program.joinFiles) {
    handles.namespaces.push_back({file.kind, UniqueFd(::open(file.path.c_str(), O_RDONLY | O_CLOEXEC))});
    if (!handles.namespaces.back().file) return errno;
  }
  if (program.joinPid == 0) return 0;
  handles.joined.reset(sys::pidfdOpen(program.joinPid));
  return handles.joined ? 0 : errno;
}

/** Back from join(program, handles, kPidNamespace): what is cloned later belongs to our own namespace again.
 */
int leavePidNamespace() {
  UniqueFd own(::open("/proc/self/ns/pid", O_RDONLY | O_CLOEXEC));
  return own ? sys::errnoOf(::setns(own.get(), CLONE_NEWPID)) : errno;
}

bool joinsPidNamespace(const Program& program) {
  for (const NamespaceFile& file : program.joinFiles) {
    if (file.kind == kPidNamespace) return true;
  }
  return program.joinPid != 0 && program.joinFlags & kPidNamespace;
}

/** Joins those of the wanted kinds. A pid namespace takes in only children, so the launcher joins it before
 * it clones. */
int join(const Program& program, const Handles& handles, uint64_t kinds) {
  for (const auto& [kind, file] : handles.namespaces) {
    if (kind & kinds && ::setns(file.get(), static_cast<int>(kind)) < 0) return errno;
  }
  const uint64_t flags = program.joinFlags & kinds;
  return flags == 0 ? 0 : sys::errnoOf(::setns(handles.joined.get(), static_cast<int>(flags)));
}

void resetSignals() {
  for (int number = 1; number < 65; number++) ::signal(number, SIG_DFL);
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
}

int takeStdio(const int (&stdio)[3]) {
  for (int fd = 0; fd <= 2; fd++) {
    if (stdio[fd] != fd && ::dup2(stdio[fd], fd) < 0) return errno;
  }
  return 0;
}

int becomeMappedRoot(int channel) {
  sendPacket(channel, Message::kNeedIdMap);
  Packet packet;
  if (!receivePacket(channel, packet) || packet.type != Message::kIdMapWritten) _exit(255);
  if (sys::call(SYS_setresgid, 0, 0, 0) < 0) return errno;
  return sys::errnoOf(sys::call(SYS_setresuid, 0, 0, 0));
}

int enter(const Program& program, const Handles& handles, Child& child, Stage& stage) {
  stage = Stage::kIdMap;
  if (program.cloneFlags & CLONE_NEWUSER) {
    if (const int error = becomeMappedRoot(child.channel)) return error;
  }
  stage = Stage::kCgroup;
  for (const UniqueFd& file : handles.cgroups) {
    if (const int error = sys::writeAll(file.get(), "0", 1)) return error;
  }
  stage = Stage::kNamespaces;
  // Only now: the cgroup that is current when the namespace is made becomes its root.
  if (program.cloneFlags & CLONE_NEWCGROUP && ::unshare(CLONE_NEWCGROUP) < 0) return errno;
  child.self.reset(::open("/proc/self", O_PATH | O_DIRECTORY | O_CLOEXEC));
  return join(program, handles, ~kPidNamespace);
}

[[noreturn]] void fail(const Child& child, int error, Stage stage) {
  const Payload payload =
      Payload().u32(child.index).u32(static_cast<uint32_t>(error)).u8(static_cast<uint8_t>(stage));
  sendPacket(child.channel, Message::kFailed, payload);
  _exit(255);
}

[[noreturn]] void runChild(const Program& program, const Handles& handles, const int (&stdio)[3],
                           int channel) {
  Child child;
  child.channel = channel;
  child.index = kNoOperation;
  ::prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
  resetSignals();
  ::umask(0);
  ::setsid();
  Stage stage = Stage::kShim;
  if (const int error = takeStdio(stdio)) fail(child, error, stage);
  if (const int error = enter(program, handles, child, stage)) fail(child, error, stage);
  child.index = 0;
  for (const Operation& operation : program.operations) {
    if (const int error = perform(child, operation)) fail(child, error, child.failedStage);
    child.index++;
  }
  // A program ends with `exec`.
  fail(child, EINVAL, Stage::kProgram);
}

}  // namespace

int startChild(const Program& program, const int (&stdio)[3], Started& started, Stage& stage) {
  Handles handles;
  if (const int error = openHandles(program, handles, stage)) return error;
  if (const int error = join(program, handles, kPidNamespace)) return error;
  int pair[2];
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0) return errno;
  UniqueFd ours(pair[0]), theirs(pair[1]);
  int pidfd = -1;
  clone_args args{};
  args.flags = CLONE_PIDFD | (program.cloneFlags & ~static_cast<uint64_t>(CLONE_NEWCGROUP));
  args.pidfd = reinterpret_cast<uint64_t>(&pidfd);
  args.exit_signal = SIGCHLD;
  if (handles.cgroup2) {
    args.flags |= CLONE_INTO_CGROUP;
    args.cgroup = static_cast<uint64_t>(handles.cgroup2.get());
  }
  const pid_t pid = sys::clone3(args);
  const int error = sys::errnoOf(pid);
  if (pid == 0) {
    ours.reset();
    runChild(program, handles, stdio, theirs.release());
  }
  if (joinsPidNamespace(program)) leavePidNamespace();
  if (error) return error;
  started.pid = pid;
  started.pidfd.reset(pidfd);
  started.channel = std::move(ours);
  return 0;
}

}  // namespace slipway
