#pragma once

// The operations of a launch program, in the numbers and operand order runtime/launch/encode.ts uses; a test
// holds both together. Kinds: string, list, bytes, u8, u32, u64 as in program.h. A path called `target` is
// looked up in the root filesystem once there is one ("root"), before that in the stage, with links resolved
// inside it; missing directories are made and reported. The child performs the operations in order and stops
// at the first that fails.

#include <stdint.h>

#include "../src/unique_fd.h"
#include "channel.h"
#include "program.h"

namespace slipway {

// X(opcode, name, operands)
#define SLIPWAY_OPERATIONS(X)                                                                   \
  X(1, propagation, "string path, u32 MS_* flags")                                              \
  X(2, stage, "")                                                                               \
  X(3, filesystem, "string type, string source, string target, list options, u64 MOUNT_ATTR_*") \
  X(4, bind,                                                                                    \
    "string source, string path below it, string target, u8 recursive, u64 set, u64 clear, "    \
    "u8 attributes recursive, u32 MS_* propagation, u8 propagation recursive")                  \
  X(5, root, "string name of the stage")                                                        \
  X(6, file, "string name in the stage, u32 mode, u32 uid, u32 gid, bytes content")             \
  X(7, device, "string target, u32 type and mode, u32 major, u32 minor, u32 uid, u32 gid")      \
  X(8, link, "string text, string target")                                                      \
  X(9, mask, "string target")                                                                   \
  X(10, readonly, "string target")                                                              \
  X(11, attributes, "string target, u64 set, u64 clear, u8 recursive")                          \
  X(12, sysctl, "string target below /proc/sys, string value")                                  \
  X(13, hostname, "string name")                                                                \
  X(14, domainname, "string name")                                                              \
  X(15, pivot, "")                                                                              \
  X(16, terminal, "u32 columns, u32 rows, u8 bound to /dev/console")                            \
  X(17, rlimit, "u32 resource, u64 soft, u64 hard")                                             \
  X(18, oomScore, "string value")                                                               \
  X(19, keyring, "")                                                                            \
  X(20, park, "")                                                                               \
  X(21, ownStdio, "u32 uid")                                                                    \
  X(22, workingDirectory, "string path, u8 made when missing")                                  \
  X(23, bounding, "u64 capabilities")                                                           \
  X(24, user, "u32 uid, u32 gid, u32 umask, bytes of u32 groups")                               \
  X(25, capabilities, "u64 effective, u64 permitted, u64 inheritable, u64 ambient")             \
  X(26, noNewPrivileges, "")                                                                    \
  X(27, seccomp, "bytes of a BPF program")                                                      \
  X(28, init, "")                                                                               \
  X(29, exec, "list arguments, list environment")                                               \
  X(30, sharedMemory, "u32 pid of a process of this IPC namespace, string target")              \
  X(31, placeholder, "string target")

/** What the operations of one child share. */
struct Child {
  int channel = -1;
  /** /proc/self of the host. */
  UniqueFd self;
  /** The temporary filesystem that holds layers and files until pivot. */
  UniqueFd stage;
  /** The root filesystem, once known. */
  UniqueFd root;
  /** Standard streams are a terminal made for this process. */
  bool terminal = false;
  uint32_t index = 0;
  /** Refines a failure of the current operation. */
  Stage failedStage = Stage::kNone;

  int base() const { return root ? root.get() : stage.get(); }
};

/** 0 or an errno. */
using Handler = int (*)(Child&, Reader&);

#define SLIPWAY_DECLARE(code, name, operands) int name(Child&, Reader&);
namespace op {
SLIPWAY_OPERATIONS(SLIPWAY_DECLARE)
}
#undef SLIPWAY_DECLARE

/** Performs one operation; 0 or an errno (EINVAL when it is malformed or unknown). */
int perform(Child& child, const Operation& operation);

/** Tells the runtime of something refused that the launch can do without. */
void warn(const Child& child, int error);

}  // namespace slipway
