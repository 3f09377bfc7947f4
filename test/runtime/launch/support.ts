import { execFileSync } from "node:child_process";
import { closeSync, mkdirSync, openSync } from "node:fs";
import { Socket } from "node:net";
import type { Context } from "mocha";
import type { ExitStatus } from "../../../core/process.ts";
import { loadKernel } from "../../../native/binding.ts";
import { launcherPath } from "../../../native/launcher.ts";
import type { Launched, LaunchIo, LaunchRequest } from "../../../runtime/launch/launcher.ts";
import { NativeLauncher } from "../../../runtime/launch/native-launcher.ts";
import { createSeccompCompiler } from "../../../runtime/seccomp/compile.ts";
import type { OciMount, OciProcess, OciSpec } from "../../../runtime/spec/oci.ts";
import { requiresBaseImage, requiresNativeCore, requiresOverlay } from "../../support/requires.ts";
import { Scratch } from "../../support/scratch.ts";

const PATH = "PATH=/bin:/usr/bin";
export const CAPABILITIES = ["CAP_CHOWN", "CAP_KILL", "CAP_SETGID", "CAP_SETUID", "CAP_SYS_CHROOT"];

/** A process as a container's specification has it; `changes` win. */
export function processOf(args: readonly string[], changes: Partial<OciProcess> = {}): OciProcess {
  const set = CAPABILITIES;
  return {
    user: { uid: 0, gid: 0 },
    args,
    env: [PATH],
    cwd: "/",
    capabilities: { bounding: set, effective: set, permitted: set, inheritable: [], ambient: [] },
    ...changes,
  };
}

const NO_EXEC = ["nosuid", "noexec", "nodev"];
export const MOUNTS: readonly OciMount[] = [
  { destination: "/proc", type: "proc", source: "proc", options: NO_EXEC },
  { destination: "/dev", type: "tmpfs", source: "tmpfs", options: ["nosuid", "mode=755", "size=65536k"] },
  {
    destination: "/dev/pts",
    type: "devpts",
    source: "devpts",
    options: ["nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", "gid=5"],
  },
  { destination: "/sys", type: "sysfs", source: "sysfs", options: [...NO_EXEC, "ro"] },
];

export function specOf(
  process: OciProcess,
  changes: Partial<OciSpec> = {},
  linux: Partial<OciSpec["linux"]> = {},
): OciSpec {
  return {
    ociVersion: "1.2.0",
    process,
    root: { path: "rootfs" },
    hostname: "box",
    mounts: MOUNTS,
    ...changes,
    linux: {
      namespaces: [{ type: "mount" }, { type: "network" }, { type: "uts" }, { type: "pid" }, { type: "ipc" }],
      devices: [
        { type: "c", path: "/dev/null", major: 1, minor: 3, fileMode: 0o666 },
        { type: "c", path: "/dev/zero", major: 1, minor: 5, fileMode: 0o666 },
      ],
      ...linux,
    },
  };
}

export interface Ended {
  readonly status: ExitStatus;
  readonly stdout: string;
  readonly stderr: string;
  readonly launched: Launched;
}

/** A root filesystem of busybox and a launcher, in a directory of their own. */
export class Bench implements Disposable {
  readonly scratch = new Scratch();
  readonly kernel = loadKernel();
  readonly launcher = new NativeLauncher({
    kernel: this.kernel,
    path: launcherPath(),
    compileSeccomp: createSeccompCompiler({ kernel: this.kernel }),
  });
  #layers = 0;

  /** Skips the test where containers cannot run. */
  static open(test: Context): Bench {
    requiresOverlay(test);
    requiresNativeCore(test);
    const image = requiresBaseImage(test, "busybox:latest");
    const bench = new Bench();
    mkdirSync(bench.lower);
    execFileSync("tar", ["-xf", image.tar, "-C", bench.lower]);
    return bench;
  }

  get lower(): string {
    return this.scratch.join("lower");
  }

  /** The writable layer of the last root filesystem. */
  get upper(): string {
    return this.scratch.join(`upper${this.#layers}`);
  }

  get work(): string {
    return this.scratch.join(`work${this.#layers}`);
  }

  rootfs(): LaunchRequest["rootfs"] {
    this.#layers++;
    mkdirSync(this.upper);
    mkdirSync(this.work);
    const options = [`lowerdir+=${this.lower}`, `upperdir=${this.upper}`, `workdir=${this.work}`];
    return [{ type: "overlay", source: "overlay", options }];
  }

  request(spec: OciSpec, io: LaunchIo): LaunchRequest {
    return { spec, rootfs: this.rootfs(), cgroupProcs: [], cgroupDirs: [], io };
  }

  /** Runs to its end and collects what it wrote. */
  async run(spec: OciSpec, changes: Partial<LaunchRequest> = {}): Promise<Ended> {
    return this.collect((io) => this.launcher.launch({ ...this.request(spec, io), ...changes }));
  }

  async collect(start: (io: LaunchIo) => Promise<Launched>): Promise<Ended> {
    const stdin = openSync("/dev/null", "r");
    const [outRead, stdout] = this.kernel.pipe();
    const [errRead, stderr] = this.kernel.pipe();
    const output = Promise.all([readToEnd(outRead), readToEnd(errRead)]);
    const launched = await start({ kind: "descriptors", stdin, stdout, stderr }).finally(() => {
      for (const fd of [stdin, stdout, stderr]) closeSync(fd);
    });
    await using _owned = launched;
    await launched.go();
    const status = await launched.exited();
    const [out, err] = await output;
    return { status, stdout: out, stderr: err, launched };
  }

  [Symbol.dispose](): void {
    this.scratch[Symbol.dispose]();
  }
}

async function readToEnd(fd: number): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of new Socket({ fd, readable: true, writable: false })) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}
