import type { ProfileRule, SeccompProfile } from "./profile.ts";
import { ALWAYS_ALLOWED } from "./syscalls.ts";

const ALLOW = "SCMP_ACT_ALLOW";
const ENOSYS = 38;
/** All CLONE_NEW* flags but CLONE_NEWTIME, which is no flag of clone(2). */
const CLONE_NAMESPACES = 0x7e02_0000;

const allow = (names: string, rest: Partial<ProfileRule> = {}): ProfileRule => ({
  names: names.split(" "),
  action: ALLOW,
  ...rest,
});
const allowWhen = (names: string, op: string, value: number, rest: Partial<ProfileRule> = {}): ProfileRule =>
  allow(names, { args: [{ index: 0, op, value }], ...rest });

/** What a capability opens beyond the rest. */
const BY_CAPABILITY: Readonly<Record<string, string>> = {
  CAP_BPF: "bpf",
  CAP_DAC_READ_SEARCH: "open_by_handle_at",
  CAP_PERFMON: "perf_event_open",
  CAP_SYSLOG: "syslog",
  CAP_SYS_ADMIN:
    "bpf clone clone3 fanotify_init fsconfig fsmount fsopen fspick lookup_dcookie lsm_get_self_attr lsm_list_modules lsm_set_self_attr mount mount_setattr move_mount open_tree perf_event_open quotactl quotactl_fd setdomainname sethostname setns syslog umount umount2 unshare",
  CAP_SYS_BOOT: "reboot",
  CAP_SYS_CHROOT: "chroot",
  CAP_SYS_MODULE: "delete_module init_module finit_module",
  CAP_SYS_NICE: "get_mempolicy mbind set_mempolicy set_mempolicy_home_node",
  CAP_SYS_PACCT: "acct",
  CAP_SYS_PTRACE: "kcmp pidfd_getfd process_madvise process_vm_readv process_vm_writev ptrace",
  CAP_SYS_RAWIO: "iopl ioperm",
  CAP_SYS_TIME: "settimeofday stime clock_settime clock_settime64",
  CAP_SYS_TTY_CONFIG: "vhangup",
};

/** What exists only on some architectures. */
const BY_ARCHITECTURE: readonly (readonly [arches: string, names: string])[] = [
  ["amd64 x32", "arch_prctl"],
  ["amd64 x32 x86", "modify_ldt"],
  ["arm arm64", "arm_fadvise64_64 arm_sync_file_range sync_file_range2 breakpoint cacheflush set_tls"],
  ["ppc64le", "sync_file_range2 swapcontext"],
  ["riscv64", "riscv_flush_icache"],
  ["s390 s390x", "s390_pci_mmio_read s390_pci_mmio_write s390_runtime_instr"],
];

const AF_ALG = 38;
const AF_VSOCK = 40;
/** Every family but the kernel's cryptography and the hypervisor's sockets, which no namespace confines. */
const SOCKETS: readonly ProfileRule[] = [
  allowWhen("socket", "SCMP_CMP_LT", AF_ALG),
  allowWhen("socket", "SCMP_CMP_EQ", AF_ALG + 1),
  allowWhen("socket", "SCMP_CMP_GT", AF_VSOCK),
];

/** PER_LINUX, PER_LINUX32, each with and without UNAME26, and the question which one it is. */
const PERSONALITIES = [0x0, 0x8, 0x2_0000, 0x2_0008, 0xffff_ffff].map((value) =>
  allowWhen("personality", "SCMP_CMP_EQ", value),
);

const WITHOUT_ADMIN = { caps: ["CAP_SYS_ADMIN"] };
/** New processes, but no new namespaces. clone3 keeps its flags where no filter sees them: libc falls back to clone on ENOSYS. */
const PROCESSES: readonly ProfileRule[] = [
  allowWhen("clone", "SCMP_CMP_MASKED_EQ", CLONE_NAMESPACES, {
    excludes: { ...WITHOUT_ADMIN, arches: ["s390", "s390x"] },
  }),
  // There the flags are the second argument.
  allow("clone", {
    args: [{ index: 1, op: "SCMP_CMP_MASKED_EQ", value: CLONE_NAMESPACES }],
    includes: { arches: ["s390", "s390x"] },
    excludes: WITHOUT_ADMIN,
  }),
  { names: ["clone3"], action: "SCMP_ACT_ERRNO", errnoRet: ENOSYS, excludes: WITHOUT_ADMIN },
];

/** Docker's default profile: https://github.com/moby/profiles/tree/main/seccomp. What it does not name is refused with EPERM. */
export const DEFAULT_PROFILE: SeccompProfile = {
  defaultAction: "SCMP_ACT_ERRNO",
  defaultErrnoRet: 1,
  archMap: [
    { architecture: "SCMP_ARCH_X86_64", subArchitectures: ["SCMP_ARCH_X86", "SCMP_ARCH_X32"] },
    { architecture: "SCMP_ARCH_AARCH64", subArchitectures: ["SCMP_ARCH_ARM"] },
    { architecture: "SCMP_ARCH_S390X", subArchitectures: ["SCMP_ARCH_S390"] },
    { architecture: "SCMP_ARCH_PPC64LE" },
    { architecture: "SCMP_ARCH_RISCV64" },
    { architecture: "SCMP_ARCH_LOONGARCH64" },
  ],
  syscalls: [
    { names: ALWAYS_ALLOWED, action: ALLOW },
    // Before, a traced process could get around the filter.
    allow("process_vm_readv process_vm_writev ptrace", { includes: { minKernel: "4.8" } }),
    ...SOCKETS,
    ...PERSONALITIES,
    ...BY_ARCHITECTURE.map(([arches, names]) => allow(names, { includes: { arches: arches.split(" ") } })),
    ...Object.entries(BY_CAPABILITY).map(([capability, names]) =>
      allow(names, { includes: { caps: [capability] } }),
    ),
    ...PROCESSES,
  ],
};
