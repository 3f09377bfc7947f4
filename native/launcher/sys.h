#pragma once

// The system calls that libc versions wrap unevenly, called directly; results as libc's (-1 and errno).

#include <errno.h>
#include <fcntl.h>
#include <linux/mount.h>
#include <linux/openat2.h>
#include <linux/sched.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

#include <string>

#include "../src/unique_fd.h"

namespace slipway::sys {

template <typename... Args>
long call(long number, Args... args) {
  return ::syscall(number, args...);
}

inline int openat2(int dir, const char* path, uint64_t flags, uint64_t resolve) {
  open_how how{};
  how.flags = flags | O_CLOEXEC;
  how.resolve = resolve;
  return static_cast<int>(call(SYS_openat2, dir, path, &how, sizeof how));
}
inline int fsopen(const char* type) { return static_cast<int>(call(SYS_fsopen, type, FSOPEN_CLOEXEC)); }
inline int fsconfig(int fs, unsigned command, const char* key, const void* value) {
  return static_cast<int>(call(SYS_fsconfig, fs, command, key, value, 0));
}
inline int fsmount(int fs, unsigned attributes) {
  return static_cast<int>(call(SYS_fsmount, fs, FSMOUNT_CLOEXEC, attributes));
}
inline int openTree(int dir, const char* path, unsigned flags) {
  return static_cast<int>(call(SYS_open_tree, dir, path, flags | OPEN_TREE_CLOEXEC));
}
inline int moveMount(int from, int to) {
  return static_cast<int>(
      call(SYS_move_mount, from, "", to, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH));
}
inline int mountSetattr(int mount, unsigned flags, const mount_attr& attributes) {
  return static_cast<int>(
      call(SYS_mount_setattr, mount, "", AT_EMPTY_PATH | flags, &attributes, sizeof attributes));
}
inline int mount(const char* source, const char* target, const char* type, unsigned long flags,
                 const char* data) {
  return static_cast<int>(call(SYS_mount, source, target, type, flags, data));
}
inline int detach(const char* target) {
  return static_cast<int>(call(SYS_umount2, target, 2 /* MNT_DETACH */));
}
inline int pivotRoot(const char* root, const char* old) {
  return static_cast<int>(call(SYS_pivot_root, root, old));
}
inline pid_t clone3(clone_args& args) { return static_cast<pid_t>(call(SYS_clone3, &args, sizeof args)); }
inline int pidfdOpen(pid_t pid) { return static_cast<int>(call(SYS_pidfd_open, pid, 0)); }
inline int pidfdSignal(int pidfd, int signal) {
  return static_cast<int>(call(SYS_pidfd_send_signal, pidfd, signal, nullptr, 0));
}

/** 0, or the errno of a call that returned `result`. */
inline int errnoOf(long result) { return result < 0 ? errno : 0; }

/** Writes all of `data` to a blocking descriptor; 0 or an errno. */
int writeAll(int fd, const void* data, size_t size);
/** Reads exactly `size` bytes; 0, an errno, or ECONNRESET at the end of input. */
int readAll(int fd, void* data, size_t size);
/** Writes a small kernel file (sysctl, oom_score_adj, cgroup.procs) below `dir`; 0 or an errno. */
int writeFile(int dir, const char* path, const char* text);
/** Puts `text` in place of the file at `path`, whole or not at all; 0 or an errno. */
int replaceFile(const std::string& path, const std::string& text);

}  // namespace slipway::sys
