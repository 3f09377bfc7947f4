import type { LazyList, Sequence } from "../core/lazy-list.ts";
import type { Mount } from "../core/mount.ts";
import type { FileTable } from "./file-table.ts";
import type { KernelNetwork } from "./kernel-network.ts";

export type { KernelNetwork } from "./kernel-network.ts";

/**
 * Every system call and byte-heavy job the project needs that Node does not offer: the one seam to the kernel.
 * The addon implements it (binding.ts); RecordingKernel in test/support is its fake.
 *
 * - File descriptors are plain numbers and belong to the caller, who closes them with fs.closeSync.
 * - Promises run on native threads and never block the event loop; `signal`-less jobs are short or bounded by their input.
 * - A failed call throws or rejects with a Failure SYSCALL_FAILED { syscall, errno, path } unless its comment says otherwise.
 */
export interface Kernel
  extends KernelFiles,
    KernelTrees,
    KernelLayers,
    KernelProcesses,
    KernelControlGroups,
    KernelNetwork {}

// ── files ───────────────────────────────────────────────────────────────────────────────────────────
export interface KernelFiles {
  /** The 32 bytes of the sha256 of what is in memory. */
  sha256(bytes: Uint8Array): Buffer;
  /**
   * Opens `path` below the directory `root`, links resolved as in a chroot, never leaving it: openat2(2) with
   * RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS. `flags` are open(2) flags.
   */
  openInRoot(root: number, path: string, flags: number, mode?: number): number;
  /** What `path` below `root` is, its last component not followed if it is a link; undefined when it does not exist. */
  statInRoot(root: number, path: string): FileStat | undefined;
  /** statInRoot for many paths in one call; the results are in the order of `paths`. */
  statManyInRoot(root: number, paths: Iterable<string>): Promise<LazyList<FileStat | undefined>>;
  /**
   * The path that `path` has after following every link below `root` (as in a chroot). The longest existing prefix is
   * resolved; the components after it are kept as they are (cleaned of "." and ".."). Absolute, "/"-separated.
   */
  resolveInRoot(root: number, path: string): string;
  /** flock(2), exclusive, without waiting: false when another open description holds it. Released when `fd` is closed. */
  tryLock(fd: number): boolean;
  /** syncfs(2) of the filesystem that holds `fd`. */
  syncFilesystem(fd: number): Promise<void>;
}

export type FileType = "file" | "dir" | "symlink" | "char" | "block" | "fifo" | "socket";

/** lstat(2). Times in nanoseconds since the epoch; `mode` holds the permission bits only (07777). */
export interface FileStat {
  readonly type: FileType;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly size: number;
  readonly nlink: number;
  readonly ino: bigint;
  readonly dev: bigint;
  readonly rdevMajor: number;
  readonly rdevMinor: number;
  readonly mtimeNs: bigint;
  readonly ctimeNs: bigint;
  /** Target of a symlink. */
  readonly link?: string;
}

// ── root filesystems and trees ──────────────────────────────────────────────────────────────────────
export interface KernelTrees {
  /**
   * Mounts a root filesystem as a detached mount (fsopen/fsmount, open_tree): no namespace ever shows it, and closing
   * the returned directory descriptor ends it. `mounts` is what a Snapshotter yields, the last one being the root.
   */
  openRootfs(mounts: readonly Mount[]): Promise<number>;
  /**
   * Lists everything below `path` of `root` (links not followed), each with its stat, sorted by path bytes; paths are relative to
   * `path`, without "./"; `path` itself is not listed. `prune` are directory paths (relative) not to be entered or listed.
   */
  scan(root: number, path: string, options?: { readonly prune?: readonly string[] }): Promise<FileTable>;
  /** True when everything of `files`, paths below `path` of `root`, is what it was. Directories may have changed. */
  isUnchanged(root: number, path: string, files: FileTable): Promise<boolean>;
  /** Content and attributes of each regular file, in order, over several threads. Paths as for openInRoot. */
  fingerprintFiles(root: number, paths: Iterable<string>): Promise<LazyList<FileFingerprint>>;
  /** Extended attributes that belong into a layer (security.capability, user.*), by name. */
  readXattrs(root: number, path: string): ReadonlyMap<string, Buffer>;
  /** Whether `path` of an overlay's upper directory hides what is below it in the lower ones: {trusted,user}.overlay.opaque is "y". */
  isOpaque(root: number, path: string): boolean;
  /** Removes a tree however deep and whatever its modes; never follows a link. Idempotent. */
  removeTree(path: string): Promise<void>;
  /** Copies a tree with owners, modes, times, xattrs, hard links, devices and holes kept. `to` must not exist, or be an empty directory. */
  copyTree(from: string, to: string): Promise<void>;
}

export interface FileFingerprint {
  /** In base64: the sha256 of the content, of more than 8 MiB that of the sha256 of each 32 KiB and of no bytes. */
  readonly content: string;
  /** As readXattrs() gives them; absent when there are none. */
  readonly xattrs?: ReadonlyMap<string, Buffer>;
}

export interface ScanEntry {
  readonly path: string;
  readonly stat: FileStat;
}

// ── layers ──────────────────────────────────────────────────────────────────────────────────────────
/**
 * An entry of a layer to write. `path` is relative, "/"-separated, without leading or trailing slash.
 * `mtime` in whole seconds. Parents are not added by the writer: the caller lists them with the metadata they shall have.
 */
export type LayerEntry = {
  readonly path: string;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly mtime: number;
  readonly xattrs?: ReadonlyMap<string, Buffer>;
} & (
  | { readonly type: "dir" }
  /**
   * Content from `data`, or from the file `source` below the writer's `root`, which must still have `size` bytes; where `xattrs` is absent,
   * the source's own are taken.
   */
  | { readonly type: "file"; readonly size: number; readonly source?: string; readonly data?: Buffer }
  | { readonly type: "symlink"; readonly link: string }
  /** A hard link to `link`, another entry's path. */
  | { readonly type: "hardlink"; readonly link: string }
  | { readonly type: "char" | "block"; readonly major: number; readonly minor: number }
  | { readonly type: "fifo" }
  /** OCI image-spec, layer.md#whiteouts: written as ".wh.<name>", or as ".wh..wh..opq" inside the directory `path`. */
  | { readonly type: "whiteout" | "opaque" }
);

export interface WrittenLayer {
  /** sha256 of the uncompressed tar, 32 bytes: the diff id. */
  readonly diffId: Buffer;
  /** Bytes of the tar. */
  readonly size: number;
  readonly entries: number;
}

/**
 * Archives and blobs are descriptors: a regular file is read from its start, wherever its position is, anything else to its end;
 * what is written goes to the descriptor's position.
 */
export interface KernelLayers {
  /**
   * Writes the canonical tar of `entries` (sorted here by path bytes) to `out`: PAX only where ustar cannot say it, numeric owners,
   * no names, whole seconds; two zero blocks at the end. Reading, hashing and writing overlap; memory is bounded.
   * Rejects with SYSCALL_FAILED EIO, whose cause says "file changed while it was read", when a source file shrank or grew.
   */
  writeLayer(out: number, root: number, entries: Sequence<LayerEntry>): Promise<WrittenLayer>;
  /**
   * Writes the canonical tar of an overlay upper directory: overlay whiteouts (0:0 devices) and opaque directories (trusted.overlay.opaque,
   * user.overlay.opaque) in OCI form, sockets left out. `clampMtime`: newer times are set to it (seconds since the epoch).
   * `exclude`: paths (relative) left out with all below them. `settle`: the directory, not mounted for writing, becomes what the layer unpacks to.
   */
  writeUpper(
    out: number,
    upper: string,
    options: {
      readonly clampMtime?: number;
      readonly exclude?: readonly string[];
      readonly settle?: boolean;
    },
  ): Promise<WrittenLayer>;
  /**
   * Unpacks an uncompressed layer tar into the existing directory `target`, as a layer (`whiteouts: "overlay"`: OCI whiteouts become 0:0
   * devices and opaque xattrs; "apply": they delete what is there) or as a plain archive ("keep": no name is special, as ADD does).
   * Hostile input cannot leave `target`: parents are opened below it without following links out (RESOLVE_IN_ROOT for "apply" and "keep").
   * Sparse entries stay sparse; of extended attributes, those that readXattrs() reads are set. Of two entries with one path the last wins.
   * What an archive that was refused has made by then stays. Rejects with ARCHIVE_INVALID on a malformed tar and with the limit named when `maxBytes` is passed.
   */
  unpackLayer(
    tar: number,
    target: string,
    options: UnpackOptions,
  ): Promise<{ readonly entries: number; readonly bytes: number }>;
  /**
   * Writes to `out` an EROFS filesystem of what unpacking the layer `tar` with `whiteouts: "overlay"` makes: mounted with `device=` naming that
   * tar, a regular file, it shows the same tree, file contents being read from the tar. Times that unpacking takes from the clock, of
   * directories and whiteouts that no entry names, are 0. Same tar and `uuid` (16 bytes), same bytes. Refuses what unpacking refuses, and
   * writes nothing when it says why the layer is `unfit`: a sparse entry, or a tar above 2 TiB.
   */
  indexLayer(tar: number, out: number, uuid: Uint8Array): Promise<LayerIndex>;
  /** True when both tars hold the same entries in the same order with the same content, whatever their times. */
  sameLayer(a: number, b: number): Promise<boolean>;
  /**
   * Copies `from` to `to` until its end, inflating by magic number (gzip with several members, zstd, xz, bzip2, or plain), and digests both
   * sides on the way. Rejects with ARCHIVE_INVALID on damaged input, or when more than `maxBytes` come out; `to` then holds what came before.
   * `keep`: where the bytes of `from` are written too, as they are.
   */
  inflate(
    from: number,
    to: number,
    options?: { readonly maxBytes?: number; readonly keep?: number },
  ): Promise<Inflated>;
  /**
   * gzip, `level` 0 to 3, or zstd, `level` 1 to 19, in fixed independent blocks over threads: same bytes for any number of threads. A block of
   * zstd is a frame of its own. Both sides digested.
   */
  deflate(
    from: number,
    to: number,
    options: { readonly format: "gzip" | "zstd"; readonly level: number },
  ): Promise<Inflated>;
}

export interface LayerIndex {
  readonly entries: number;
  /** Bytes of the index. */
  readonly size: number;
  readonly unfit?: string;
}

export interface UnpackOptions {
  readonly whiteouts: "overlay" | "apply" | "keep";
  readonly maxBytes?: number;
  /** Owner of every entry instead of the archive's. */
  readonly owner?: { readonly uid: number; readonly gid: number };
  /** Refuses, with ARCHIVE_INVALID, to make a directory that is there into something else, or something else into a directory. */
  readonly keepDirectories?: boolean;
}

export interface Inflated {
  readonly compression: "none" | "gzip" | "zstd" | "xz" | "bzip2";
  readonly input: { readonly sha256: Buffer; readonly size: number };
  readonly output: { readonly sha256: Buffer; readonly size: number };
}

// ── processes ───────────────────────────────────────────────────────────────────────────────────────
export interface KernelProcesses {
  /**
   * Opens a program through a read-only mount of it: who comes by the executable of a process that runs it (/proc/<pid>/exe) cannot write
   * to it (CVE-2019-5736). Undefined where no mount can be made: without the privilege to, the file is not the user's to lose.
   */
  sealProgram(path: string): number | undefined;
  /**
   * Starts a program, a path or what sealProgram() returned, with `descriptors` as its 0, 1, 2, …, and the rest closed, in a session of its own.
   * `pidfd` belongs to the caller; the child is reaped by awaiting waitPidfd() once.
   */
  spawn(
    program: string | number,
    argv: readonly string[],
    descriptors: readonly number[],
  ): { readonly pid: number; readonly pidfd: number };
  /** Resolves when the process has ended: its wait status when it is our child, undefined when it is somebody else's. */
  waitPidfd(pidfd: number): Promise<{ readonly code: number } | { readonly signal: number } | undefined>;
  /** pidfd_open(2); undefined when there is no such process. */
  openPidfd(pid: number): number | undefined;
  /** pidfd_send_signal(2); false when the process has ended. */
  signalPidfd(pidfd: number, signal: number): boolean;
  /** A pair of connected, close-on-exec stream sockets. */
  socketPair(): readonly [number, number];
  /** Who connected to, or listens on, the other end of a unix socket: SO_PEERCRED. Undefined for a socket of another kind. */
  peerCredentials(
    socket: number,
  ): { readonly pid: number; readonly uid: number; readonly gid: number } | undefined;
  /** A close-on-exec pipe: [read, write]. */
  pipe(): readonly [number, number];
  /** A memory file (memfd_create) holding `content`, rewound. */
  memoryFile(name: string, content: Uint8Array): number;
  /** Compiles a seccomp profile (see runtime/seccomp) to a BPF program with libseccomp. */
  compileSeccomp(profile: SeccompRules): Buffer;
  /** Terminal mode of a tty descriptor: returns the saved settings, to be given back to restoreTerminal. */
  rawTerminal(fd: number): Buffer;
  restoreTerminal(fd: number, saved: Buffer): void;
  terminalSize(fd: number): { readonly columns: number; readonly rows: number };
}

export interface SeccompRules {
  readonly defaultAction: string;
  readonly defaultErrno: number;
  /** Architectures by libseccomp's names ("x86_64", "x86", "x32"); the first is the native one. */
  readonly architectures: readonly string[];
  readonly rules: readonly {
    readonly names: readonly string[];
    readonly action: string;
    readonly errno?: number;
    readonly args?: readonly {
      readonly index: number;
      readonly op: string;
      readonly value: bigint;
      readonly valueTwo?: bigint;
    }[];
  }[];
}

// ── control groups ──────────────────────────────────────────────────────────────────────────────────
export interface KernelControlGroups {
  /**
   * Loads a BPF_PROG_TYPE_CGROUP_DEVICE program (struct bpf_insn after struct bpf_insn) and attaches it to the cgroup v2 directory, for as long as
   * that exists. Several programs on one group or above each other have to agree.
   */
  attachDeviceFilter(directory: string, program: Uint8Array): void;
  /** How many such programs are attached to the cgroup v2 directory itself. */
  countDeviceFilters(directory: string): number;
}
