// Operations on the process itself: limits, identity, privileges.

#include <errno.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <string>
#include <vector>

#include "in_root.h"
#include "operations.h"
#include "sys.h"

namespace slipway {

namespace {

constexpr int kCapabilityLimit = 64;

}  // namespace

int op::sysctl(Child& child, Reader& in) {
  const char* target = in.string();
  const char* value = in.string();
  if (!in.done()) return EINVAL;
  UniqueFd file(sys::openat2(child.base(), target, O_WRONLY, RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS));
  if (!file) return errno;
  return sys::writeAll(file.get(), value, strlen(value));
}

int op::hostname(Child&, Reader& in) {
  const char* name = in.string();
  return in.done() ? sys::errnoOf(::sethostname(name, strlen(name))) : EINVAL;
}

int op::domainname(Child&, Reader& in) {
  const char* name = in.string();
  return in.done() ? sys::errnoOf(::setdomainname(name, strlen(name))) : EINVAL;
}

int op::rlimit(Child& child, Reader& in) {
  const uint32_t resource = in.u32();
  const rlimit64 limit{in.u64(), in.u64()};
  if (!in.done()) return EINVAL;
  if (::prlimit64(0, static_cast<__rlimit_resource>(resource), &limit, nullptr) == 0) return 0;
  if (errno != EPERM) return errno;
  warn(child, EPERM);
  return 0;
}

int op::oomScore(Child& child, Reader& in) {
  const char* value = in.string();
  if (!in.done()) return EINVAL;
  const int error = sys::writeFile(child.self.get(), "oom_score_adj", value);
  if (error != EACCES && error != EPERM) return error;
  warn(child, error);
  return 0;
}

int op::keyring(Child&, Reader& in) {
  if (!in.done()) return EINVAL;
  constexpr int kJoinSessionKeyring = 1;
  if (sys::call(SYS_keyctl, kJoinSessionKeyring, nullptr) >= 0) return 0;
  // A kernel without keyrings, or an exhausted quota: there is nothing to share then.
  return errno == ENOSYS || errno == EDQUOT ? 0 : errno;
}

int op::park(Child& child, Reader& in) {
  if (!in.done()) return EINVAL;
  sendPacket(child.channel, Message::kReady);
  Packet packet;
  // Nobody left to let it go: it must not run.
  if (!receivePacket(child.channel, packet) || packet.type != Message::kGo) _exit(255);
  return 0;
}

int op::ownStdio(Child& child, Reader& in) {
  const uint32_t uid = in.u32();
  if (!in.done()) return EINVAL;
  for (int fd = 0; fd <= 2; fd++) {
    struct stat info;
    // /dev/stdout is opened anew, which only the owner may. What is no pipe belongs to somebody on the host:
    // a file, a terminal.
    if (::fstat(fd, &info) < 0 || info.st_uid == uid || !(S_ISFIFO(info.st_mode) || child.terminal)) continue;
    // EPERM: a pipe from outside the user namespace.
    if (::fchown(fd, uid, static_cast<gid_t>(-1)) < 0 && errno != EPERM) return errno;
  }
  return 0;
}

int op::workingDirectory(Child&, Reader& in) {
  const char* path = in.string();
  const bool make = in.u8();
  if (!in.done()) return EINVAL;
  if (::chdir(path) == 0) return 0;
  if (errno != ENOENT || !make) return errno;
  const mode_t mask = ::umask(022);
  std::string prefix;
  int error = 0;
  for (const char* at = path; *at && !error;) {
    const size_t size = strcspn(at, "/");
    prefix.append(at, size + (at[size] == '/'));
    at += size + (at[size] == '/');
    if (::mkdir(prefix.c_str(), 0755) < 0 && errno != EEXIST && errno != EROFS) error = errno;
  }
  ::umask(mask);
  return error ? error : sys::errnoOf(::chdir(path));
}

int op::bounding(Child&, Reader& in) {
  const uint64_t keep = in.u64();
  if (!in.done()) return EINVAL;
  for (int capability = 0; capability < kCapabilityLimit; capability++) {
    const int has = ::prctl(PR_CAPBSET_READ, capability, 0, 0, 0);
    if (has < 0) return 0;  // past the last one this kernel knows
    if (has && !(keep >> capability & 1) && ::prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) < 0) return errno;
  }
  return 0;
}

int op::user(Child&, Reader& in) {
  const uint32_t uid = in.u32(), gid = in.u32(), mask = in.u32();
  const Bytes packed = in.bytes();
  if (!in.done() || packed.size % 4 != 0) return EINVAL;
  std::vector<uint32_t> groups;
  for (Reader each(packed.data, packed.size); !each.done();) groups.push_back(each.u32());
  // The permitted set outlives the change of uid and is reduced by `capabilities`.
  if (::prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) < 0) return errno;
  if (sys::call(SYS_setgroups, groups.size(), groups.data()) < 0) return errno;
  if (sys::call(SYS_setresgid, gid, gid, gid) < 0) return errno;
  if (sys::call(SYS_setresuid, uid, uid, uid) < 0) return errno;
  if (::prctl(PR_SET_KEEPCAPS, 0, 0, 0, 0) < 0) return errno;
  ::umask(mask);
  return 0;
}

int op::capabilities(Child&, Reader& in) {
  const uint64_t effective = in.u64(), permitted = in.u64(), inheritable = in.u64(), ambient = in.u64();
  if (!in.done()) return EINVAL;
  __user_cap_header_struct head{_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct data[2];
  for (int half = 0; half < 2; half++) {
    data[half].effective = static_cast<uint32_t>(effective >> (32 * half));
    data[half].permitted = static_cast<uint32_t>(permitted >> (32 * half));
    data[half].inheritable = static_cast<uint32_t>(inheritable >> (32 * half));
  }
  if (sys::call(SYS_capset, &head, data) < 0) return errno;
  if (::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) < 0 && errno != EINVAL) return errno;
  for (int capability = 0; capability < kCapabilityLimit; capability++) {
    if (!(ambient >> capability & 1)) continue;
    if (::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, capability, 0, 0) < 0) return errno;
  }
  return 0;
}

int op::noNewPrivileges(Child&, Reader& in) {
  if (!in.done()) return EINVAL;
  return sys::errnoOf(::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
}

int op::seccomp(Child&, Reader& in) {
  const Bytes filter = in.bytes();
  if (!in.done() || filter.size == 0 || filter.size % sizeof(sock_filter) != 0) return EINVAL;
  std::vector<sock_filter> code(filter.size / sizeof(sock_filter));
  memcpy(code.data(), filter.data, filter.size);
  const sock_fprog program{static_cast<unsigned short>(code.size()), code.data()};
  return sys::errnoOf(sys::call(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program));
}

}  // namespace slipway
