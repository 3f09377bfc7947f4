import { close, closeSync, constants, fstatSync, openSync, readFileSync } from "node:fs";
import { Failure } from "../core/errors.ts";
import type { LazyList } from "../core/lazy-list.ts";
import { type Mount, readOnlyRootfs } from "../core/mount.ts";
import type { FileTable } from "../native/file-table.ts";
import type { FileFingerprint, FileStat, Kernel } from "../native/kernel.ts";
import type { Tree, Trees } from "./types.ts";

const TEXT_LIMIT = 1 << 20;
const { O_DIRECTORY, O_RDONLY } = constants;
/** Of asm-generic/fcntl.h; Node does not name it. */
const O_PATH = 0o10000000;

export class KernelTreeOpener implements Trees {
  readonly #kernel: Kernel;

  constructor(kernel: Kernel) {
    this.#kernel = kernel;
  }

  async open(mounts: readonly Mount[], options: { readonly writable?: boolean } = {}): Promise<Tree> {
    const performed = options.writable === true ? mounts : readOnlyRootfs(mounts);
    return new KernelTree(this.#kernel, await this.#kernel.openRootfs(performed));
  }

  async openDirectory(path: string): Promise<Tree> {
    return new KernelTree(this.#kernel, openSync(path, O_RDONLY | O_DIRECTORY));
  }
}

class KernelTree implements Tree {
  readonly #kernel: Kernel;
  #fd: number | undefined;

  constructor(kernel: Kernel, fd: number) {
    this.#kernel = kernel;
    this.#fd = fd;
  }

  get fd(): number {
    if (this.#fd === undefined) throw new TypeError("the tree is closed");
    return this.#fd;
  }

  resolve(path: string): string {
    return this.#kernel.resolveInRoot(this.fd, path);
  }
  stat(path: string): FileStat | undefined {
    return this.#kernel.statInRoot(this.fd, path);
  }
  statMany(paths: Iterable<string>): Promise<LazyList<FileStat | undefined>> {
    return this.#kernel.statManyInRoot(this.fd, paths);
  }
  scan(path: string, options?: { readonly prune?: readonly string[] }): Promise<FileTable> {
    return this.#kernel.scan(this.fd, path, options);
  }
  isUnchanged(path: string, files: FileTable): Promise<boolean> {
    return this.#kernel.isUnchanged(this.fd, path, files);
  }
  fingerprint(paths: Iterable<string>): Promise<LazyList<FileFingerprint>> {
    return this.#kernel.fingerprintFiles(this.fd, paths);
  }
  xattrs(path: string): ReadonlyMap<string, Buffer> {
    return this.#kernel.readXattrs(this.fd, path);
  }

  readText(path: string): string | undefined {
    let file: number;
    try {
      file = this.openFile(path);
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw error;
    }
    try {
      if (fstatSync(file).size > TEXT_LIMIT)
        throw new Failure("FILE_UNSUITABLE", { path, want: `a regular file of at most ${TEXT_LIMIT} bytes` });
      return readFileSync(file, "utf8");
    } finally {
      closeSync(file);
    }
  }

  /** A layer may have a device at a known path, and opening some does something: what it is, is looked at before. */
  openFile(path: string): number {
    const found = this.#kernel.openInRoot(this.fd, path, O_PATH);
    try {
      if (!fstatSync(found).isFile()) throw new Failure("FILE_UNSUITABLE", { path, want: "a regular file" });
      return reopen(found, path);
    } finally {
      closeSync(found);
    }
  }

  [Symbol.dispose](): void {
    if (this.#fd === undefined) return;
    // It may be the last hold of a mount, whose end the kernel has other processors wait for: nobody waits for it here.
    close(this.#fd, () => undefined);
    this.#fd = undefined;
  }
}

/** An O_PATH descriptor's file for reading; a failure names the file as the caller does. */
function reopen(found: number, path: string): number {
  try {
    return openSync(`/proc/self/fd/${found}`, O_RDONLY);
  } catch (cause) {
    const errno = (cause as NodeJS.ErrnoException).code ?? "EUNKNOWN";
    throw new Failure("SYSCALL_FAILED", { syscall: "open", errno, path });
  }
}

const isMissing = (error: unknown): boolean =>
  error instanceof Failure &&
  error.code === "SYSCALL_FAILED" &&
  ["ENOENT", "ENOTDIR"].includes((error as Failure<"SYSCALL_FAILED">).detail.errno);
