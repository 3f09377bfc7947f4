import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, mkdirSync, openSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Scratch } from "../scratch.ts";
import { MountedDisk } from "./mounted-disk.ts";
import { copyDisk } from "./power-cuts.ts";

const SERVER = fileURLToPath(new URL("./disk-server.ts", import.meta.url));
const SIZE = 384 << 20;

/**
 * ext4 at its least forgiving: file content may reach the disk after the names that lead to it, nothing is synced for a rename's sake, and its journal is
 * written every second.
 */
const MOUNT_OPTIONS = "loop,data=writeback,noauto_da_alloc,commit=1";

const MOUNT = `
mount -i -t fuse -o fd=3,rootmode=100000,user_id=0,group_id=0,max_read=1048576 disk "$1"
mount -t ext4 -o ${MOUNT_OPTIONS} "$1" "$2"
`;

/** A filesystem whose disk remembers every write and every flush. */
export class LoggedDisk implements AsyncDisposable {
  /** Where the filesystem is for the commands of `mounted`. */
  readonly folder: string;
  readonly mounted: MountedDisk;
  readonly #log: string;
  readonly #server: ChildProcess;

  private constructor(
    parts: { readonly folder: string; readonly log: string },
    mounted: MountedDisk,
    server: ChildProcess,
  ) {
    this.folder = parts.folder;
    this.#log = parts.log;
    this.mounted = mounted;
    this.#server = server;
  }

  /** Makes a new one below `scratch`: the disk as it was at first is `base` there, what was done to it is in `log`. */
  static async open(scratch: Scratch): Promise<LoggedDisk> {
    const [base, live, log] = ["base", "live", "log"].map((name) => scratch.join(name)) as [
      string,
      string,
      string,
    ];
    const [file, folder] = [scratch.join("disk"), scratch.join("mounted")];
    for (const path of [base, log, file]) writeFileSync(path, "");
    mkdirSync(folder);
    truncateSync(base, SIZE);
    const now = "nodiscard,lazy_itable_init=0,lazy_journal_init=0";
    execFileSync("mkfs.ext4", ["-q", "-F", "-b", "4096", "-J", "size=8", "-E", now, base]);
    copyDisk(base, live);
    const fuse = openSync("/dev/fuse", "r+");
    const server = spawn(process.execPath, ["--import", "tsx", SERVER, live, log, String(SIZE)], {
      stdio: ["ignore", "inherit", "inherit", fuse],
    });
    try {
      const mounted = await MountedDisk.open(MOUNT, [file, folder], fuse);
      return new LoggedDisk({ folder, log }, mounted, server);
    } catch (error) {
      server.kill("SIGKILL");
      throw error;
    } finally {
      closeSync(fuse);
    }
  }

  /** Length of the log: a later power cut finds done what was done by now. */
  get position(): number {
    return statSync(this.#log).size;
  }

  /** Unmounts it. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.mounted[Symbol.asyncDispose]();
    if (this.#server.exitCode === null) await once(this.#server, "exit");
  }
}
