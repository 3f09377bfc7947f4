#include <fcntl.h>
#include <linux/close_range.h>
#include <napi.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <uv.h>

#include <optional>
#include <vector>

#include "errors.h"
#include "job.h"
#include "register.h"
#include "unique_fd.h"
#include "values.h"

namespace slipway {
namespace {

// libc's name for the constant clashes with <linux/wait.h> on some systems.
constexpr idtype_t kByPidfd = static_cast<idtype_t>(3);

UniqueFd PidfdOpen(pid_t pid) { return UniqueFd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0))); }

struct Executable {
  /** -1 where the path says it. */
  int fd;
  std::string path;
};

/**
 * In the vforked child: only system calls from here on, the parent's memory is shared until the exec.
 * Returns the errno of what failed.
 */
int BecomeProgram(const Executable& program, char* const* argv, const std::vector<int>& descriptors,
                  std::vector<int>& moved) {
  struct sigaction fallback = {};
  fallback.sa_handler = SIG_DFL;
  // Node ignores SIGPIPE, and ignored signals survive an exec.
  for (int signal = 1; signal < NSIG; ++signal) ::sigaction(signal, &fallback, nullptr);
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  if (::setsid() < 0) return errno;
  const int count = static_cast<int>(descriptors.size());
  // First all out of the way of 0..count-1, so that no dup2 closes one that is still to come.
  for (int i = 0; i < count; ++i) {
    moved[i] = ::fcntl(descriptors[i], F_DUPFD_CLOEXEC, count);
    if (moved[i] < 0) return errno;
  }
  const int file = program.fd < 0 ? AT_FDCWD : ::fcntl(program.fd, F_DUPFD_CLOEXEC, count);
  if (program.fd >= 0 && file < 0) return errno;
  for (int i = 0; i < count; ++i) {
    if (::dup2(moved[i], i) < 0) return errno;
  }
  ::syscall(SYS_close_range, count, ~0U, CLOSE_RANGE_CLOEXEC);
  char* const environment[] = {nullptr};
  ::syscall(SYS_execveat, file, program.path.c_str(), argv, environment, program.fd < 0 ? 0 : AT_EMPTY_PATH);
  return errno;
}

Executable ToExecutable(const Napi::Value& value) {
  return value.IsNumber() ? Executable{ToInt(value), {}} : Executable{-1, ToBytes(value)};
}

Napi::Value Spawn(const Napi::CallbackInfo& info) {
  const Executable program = ToExecutable(info[0]);
  std::vector<std::string> arguments = ToStrings(info[1]);
  std::vector<char*> argv;
  for (std::string& argument : arguments) argv.push_back(argument.data());
  argv.push_back(nullptr);
  std::vector<int> descriptors;
  const auto array = info[2].As<Napi::Array>();
  for (uint32_t i = 0; i < array.Length(); ++i) descriptors.push_back(ToInt(array.Get(i)));
  std::vector<int> moved(descriptors.size());

  // No signal handler of ours may run in the child while it shares our memory.
  sigset_t all;
  sigset_t before;
  ::sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &before);
  volatile int failure = 0;
  const pid_t pid = ::vfork();
  if (pid == 0) {
    failure = BecomeProgram(program, argv.data(), descriptors, moved);
    ::_exit(127);
  }
  const int number = pid < 0 ? errno : failure;
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  if (pid < 0) ThrowErrno("vfork", {}, number);
  if (number != 0) {
    ::waitpid(pid, nullptr, 0);
    ThrowErrno("execveat", program.path, number);
  }
  UniqueFd pidfd = PidfdOpen(pid);
  if (!pidfd) ThrowErrno("pidfd_open");
  Napi::Object child = Napi::Object::New(info.Env());
  child.Set("pid", pid);
  child.Set("pidfd", pidfd.release());
  return child;
}

Napi::Value SealProgram(const Napi::CallbackInfo& info) {
  const std::string path = ToBytes(info[0]);
  UniqueFd mount(::open_tree(AT_FDCWD, path.c_str(), OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC));
  struct mount_attr attributes = {};
  attributes.attr_set = MOUNT_ATTR_RDONLY;
  if (!mount || ::mount_setattr(mount.get(), "", AT_EMPTY_PATH, &attributes, sizeof attributes) < 0)
    return info.Env().Undefined();
  return Napi::Number::New(info.Env(), mount.release());
}

/** Waits on the event loop for a pidfd to become readable, which it is once the process has ended. */
class PidfdWait {
 public:
  static Napi::Promise Start(Napi::Env env, int pidfd) {
    UniqueFd own(::fcntl(pidfd, F_DUPFD_CLOEXEC, 0));
    if (!own) ThrowErrno("fcntl");
    auto* wait = new PidfdWait(env, std::move(own));
    const Napi::Promise promise = wait->deferred_.Promise();
    uv_loop_t* loop = nullptr;
    napi_get_uv_event_loop(env, &loop);
    if (uv_poll_init(loop, &wait->poll_, wait->pidfd_.get()) != 0) {
      delete wait;
      ThrowErrno("epoll_ctl", {}, EINVAL);
    }
    wait->poll_.data = wait;
    napi_add_async_cleanup_hook(env, &PidfdWait::Abandon, wait, &wait->hook_);
    uv_poll_start(&wait->poll_, UV_READABLE, &PidfdWait::Ended);
    return promise;
  }

 private:
  PidfdWait(Napi::Env env, UniqueFd pidfd)
      : env_(env),
        deferred_(Napi::Promise::Deferred::New(env)),
        context_(env, "slipway:pidfd"),
        pidfd_(std::move(pidfd)) {}

  static void Ended(uv_poll_t* poll, int, int) {
    auto* wait = static_cast<PidfdWait*>(poll->data);
    Napi::HandleScope handles(wait->env_);
    {
      Napi::CallbackScope scope(wait->env_, wait->context_);
      wait->Settle();
    }
    wait->Close();
  }

  static void Abandon(napi_async_cleanup_hook_handle, void* data) { static_cast<PidfdWait*>(data)->Close(); }

  void Close() {
    uv_poll_stop(&poll_);
    uv_close(reinterpret_cast<uv_handle_t*>(&poll_), [](uv_handle_t* handle) {
      auto* wait = static_cast<PidfdWait*>(handle->data);
      napi_remove_async_cleanup_hook(wait->hook_);
      delete wait;
    });
  }

  void Settle() {
    siginfo_t info = {};
    if (::waitid(kByPidfd, static_cast<id_t>(pidfd_.get()), &info, WEXITED) == 0) {
      Napi::Object status = Napi::Object::New(env_);
      status.Set(info.si_code == CLD_EXITED ? "code" : "signal", info.si_status);
      deferred_.Resolve(status);
    } else if (errno == ECHILD) {
      deferred_.Resolve(env_.Undefined());
    } else {
      deferred_.Reject(ToError(env_, std::make_exception_ptr(SyscallError{errno, "waitid", {}, {}})));
    }
  }

  Napi::Env env_;
  Napi::Promise::Deferred deferred_;
  Napi::AsyncContext context_;
  UniqueFd pidfd_;
  uv_poll_t poll_ = {};
  napi_async_cleanup_hook_handle hook_ = nullptr;
};

Napi::Value WaitPidfd(const Napi::CallbackInfo& info) { return PidfdWait::Start(info.Env(), ToInt(info[0])); }

Napi::Value OpenPidfd(const Napi::CallbackInfo& info) {
  UniqueFd pidfd = PidfdOpen(ToInt(info[0]));
  if (pidfd) return Napi::Number::New(info.Env(), pidfd.release());
  // EINVAL: the number is a thread's, not a process's.
  if (errno != ESRCH && errno != EINVAL) ThrowErrno("pidfd_open");
  return info.Env().Undefined();
}

Napi::Value SignalPidfd(const Napi::CallbackInfo& info) {
  const bool sent = ::syscall(SYS_pidfd_send_signal, ToInt(info[0]), ToInt(info[1]), nullptr, 0) == 0;
  if (!sent && errno != ESRCH) ThrowErrno("pidfd_send_signal");
  return Napi::Boolean::New(info.Env(), sent);
}

Napi::Value Pair(Napi::Env env, const int (&fds)[2]) {
  Napi::Array pair = Napi::Array::New(env, 2);
  pair.Set(0U, fds[0]);
  pair.Set(1U, fds[1]);
  return pair;
}

Napi::Value SocketPair(const Napi::CallbackInfo& info) {
  int fds[2];
  Check(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), "socketpair");
  return Pair(info.Env(), fds);
}

Napi::Value PeerCredentials(const Napi::CallbackInfo& info) {
  const int socket = ToInt(info[0]);
  int domain = 0;
  socklen_t size = sizeof domain;
  Check(::getsockopt(socket, SOL_SOCKET, SO_DOMAIN, &domain, &size), "getsockopt");
  if (domain != AF_UNIX) return info.Env().Undefined();
  struct ucred peer = {};
  size = sizeof peer;
  Check(::getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &size), "getsockopt");
  Napi::Object object = Napi::Object::New(info.Env());
  object.Set("pid", peer.pid);
  object.Set("uid", peer.uid);
  object.Set("gid", peer.gid);
  return object;
}

Napi::Value Pipe(const Napi::CallbackInfo& info) {
  int fds[2];
  Check(::pipe2(fds, O_CLOEXEC), "pipe2");
  return Pair(info.Env(), fds);
}

Napi::Value MemoryFile(const Napi::CallbackInfo& info) {
  const std::string name = ToBytes(info[0]);
  const auto content = info[1].As<Napi::Uint8Array>();
  UniqueFd fd(Check(::memfd_create(name.c_str(), MFD_CLOEXEC), "memfd_create", name));
  for (size_t done = 0; done < content.ByteLength();) {
    done += static_cast<size_t>(
        Check(::write(fd.get(), content.Data() + done, content.ByteLength() - done), "write"));
  }
  Check(::lseek(fd.get(), 0, SEEK_SET), "lseek");
  return Napi::Number::New(info.Env(), fd.release());
}

}  // namespace

void RegisterProcesses(Napi::Env env, Napi::Object exports) {
  Export<Spawn>(env, exports, "spawn");
  Export<SealProgram>(env, exports, "sealProgram");
  Export<WaitPidfd>(env, exports, "waitPidfd");
  Export<OpenPidfd>(env, exports, "openPidfd");
  Export<SignalPidfd>(env, exports, "signalPidfd");
  Export<SocketPair>(env, exports, "socketPair");
  Export<PeerCredentials>(env, exports, "peerCredentials");
  Export<Pipe>(env, exports, "pipe");
  Export<MemoryFile>(env, exports, "memoryFile");
}

}  // namespace slipway
