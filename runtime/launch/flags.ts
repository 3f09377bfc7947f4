// Numbers of the kernel's interface: linux/sched.h, linux/mount.h, asm-generic/resource.h.

export const CLONE = {
  mount: 0x0002_0000,
  cgroup: 0x0200_0000,
  uts: 0x0400_0000,
  ipc: 0x0800_0000,
  user: 0x1000_0000,
  pid: 0x2000_0000,
  network: 0x4000_0000,
} as const;

/** Attributes of mount_setattr(2) and fsmount(2). */
export const ATTR = {
  readonly: 0x1,
  nosuid: 0x2,
  nodev: 0x4,
  noexec: 0x8,
  accessTimes: 0x70,
  noatime: 0x10,
  strictatime: 0x20,
  nodiratime: 0x80,
  nosymfollow: 0x20_0000,
} as const;

/** Flags of mount(2), and the propagation types mount_setattr(2) takes. */
export const MS = {
  recursive: 0x4000,
  unbindable: 0x2_0000,
  private: 0x4_0000,
  slave: 0x8_0000,
  shared: 0x10_0000,
} as const;

export const RLIMITS: Readonly<Record<string, number>> = {
  RLIMIT_CPU: 0,
  RLIMIT_FSIZE: 1,
  RLIMIT_DATA: 2,
  RLIMIT_STACK: 3,
  RLIMIT_CORE: 4,
  RLIMIT_RSS: 5,
  RLIMIT_NPROC: 6,
  RLIMIT_NOFILE: 7,
  RLIMIT_MEMLOCK: 8,
  RLIMIT_AS: 9,
  RLIMIT_LOCKS: 10,
  RLIMIT_SIGPENDING: 11,
  RLIMIT_MSGQUEUE: 12,
  RLIMIT_NICE: 13,
  RLIMIT_RTPRIO: 14,
  RLIMIT_RTTIME: 15,
};
export const RLIM_INFINITY = 0xffff_ffff_ffff_ffffn;

/** File type bits of mknod(2). */
export const NODE_TYPES = { c: 0o020000, b: 0o060000, p: 0o010000 } as const;
