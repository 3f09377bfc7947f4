import { Failure } from "../../core/errors.ts";
import type { Mount } from "../../core/mount.ts";
import type { OciNamespace, OciProcess, OciSpec } from "../spec/oci.ts";
import type { TerminalSize } from "../terminal-size.ts";
import { compileDevices, compileFiles, compileRootfs, compileSpecMounts } from "./compile-mounts.ts";
import { compileExec, compileLimits, type ProcessOptions } from "./compile-process.ts";
import { ATTR, CLONE, MS } from "./flags.ts";
import type { LaunchFile } from "./launcher.ts";
import { parseMountOptions } from "./mount-options.ts";
import type { LaunchOp, LaunchProgram } from "./ops.ts";

export interface CompileOptions extends ProcessOptions {
  readonly rootfs: readonly Mount[];
  readonly files?: readonly LaunchFile[] | undefined;
  readonly placeholders?: readonly string[] | undefined;
  readonly terminal?: TerminalSize | undefined;
}

/** What a container gets even if nothing asks for it: the root filesystem needs a mount namespace to be in. */
function splitNamespaces(
  namespaces: readonly OciNamespace[],
): Pick<LaunchProgram, "namespaces" | "joinFiles"> {
  const made = namespaces.filter(({ path }) => path === undefined);
  return {
    namespaces: made.reduce<number>((flags, { type }) => flags | CLONE[type], CLONE.mount),
    joinFiles: namespaces
      .filter(({ type }) => type !== "mount")
      .flatMap(({ type, path }) => (path === undefined ? [] : [{ flag: CLONE[type], path }])),
  };
}

/**
 * How mounts and unmounts travel between the container and the host. The host must never see the container's own mounts,
 * so at least the mount the stage lies on is a slave; below it, sharing is kept for volumes that ask for it.
 */
function compilePropagation(wanted: string | undefined): {
  readonly before: LaunchOp;
  readonly after: readonly LaunchOp[];
} {
  const { propagation, propagationRecursive } = parseMountOptions(wanted === undefined ? [] : [wanted]);
  const shared = propagation === MS.shared;
  return {
    before: { op: "propagation", path: "/", flags: shared ? MS.slave : MS.slave | MS.recursive },
    after:
      propagation === 0
        ? []
        : [{ op: "propagation", path: "/", flags: propagation | (propagationRecursive ? MS.recursive : 0) }],
  };
}

const sysctlPath = (key: string): string => `/proc/sys/${key.replaceAll(".", "/")}`;

function compileKernel({ linux, hostname, domainname }: OciSpec): readonly LaunchOp[] {
  return [
    ...Object.entries(linux.sysctl ?? {}).map(
      ([key, value]): LaunchOp => ({ op: "sysctl", target: sysctlPath(key), value }),
    ),
    ...(hostname === undefined || hostname === "" ? [] : [{ op: "hostname", name: hostname } as const]),
    ...(domainname === undefined ? [] : [{ op: "domainname", name: domainname } as const]),
    // After the sysctls, which lie below a path that becomes read-only.
    ...(linux.readonlyPaths ?? []).map((target): LaunchOp => ({ op: "readonly", target })),
    ...(linux.maskedPaths ?? []).map((target): LaunchOp => ({ op: "mask", target })),
  ];
}

const compileScore = (process: OciProcess): readonly LaunchOp[] =>
  process.oomScoreAdj === undefined ? [] : [{ op: "oomScore", value: String(process.oomScoreAdj) }];

function checkTerminal(process: OciProcess, terminal: TerminalSize | undefined): void {
  if (process.terminal === true && terminal === undefined)
    throw new Failure("OPTION_UNSUPPORTED", { option: "a terminal on passed descriptors" });
}

/** The program that starts a container. Pure; throws OPTION_UNSUPPORTED, OPTION_INVALID and CAPABILITY_UNKNOWN. */
export function compileLaunch(spec: OciSpec, options: CompileOptions): LaunchProgram {
  const { process } = spec;
  checkTerminal(process, options.terminal);
  const files = compileFiles(options.files ?? []);
  const propagation = compilePropagation(spec.linux.rootfsPropagation);
  const ops: readonly LaunchOp[] = [
    ...compileScore(process),
    { op: "keyring" },
    propagation.before,
    { op: "stage" },
    ...files.stage,
    ...compileRootfs(options.rootfs),
    ...compileSpecMounts(spec.mounts),
    ...compileDevices(spec.mounts, spec.linux.devices),
    ...files.binds,
    ...(options.placeholders ?? []).map((target): LaunchOp => ({ op: "placeholder", target })),
    ...compileKernel(spec),
    { op: "pivot" },
    ...propagation.after,
    ...(options.terminal === undefined
      ? []
      : [{ op: "terminal", ...options.terminal, console: true } as const]),
    ...compileLimits(process),
    { op: "workingDirectory", path: process.cwd, create: true },
    ...(spec.root.readonly === true
      ? [{ op: "attributes", target: "/", set: ATTR.readonly, clear: 0, recursive: false } as const]
      : []),
    ...compileExec(process, options),
  ];
  return { ...splitNamespaces(spec.linux.namespaces), ops };
}

/** The namespaces an additional process enters; the user namespace only once containers have one of their own. */
const JOINED = CLONE.mount | CLONE.cgroup | CLONE.uts | CLONE.ipc | CLONE.pid | CLONE.network;

/** The program that starts a further process beside `pid`. */
export function compileJoin(
  pid: number,
  process: OciProcess,
  options: ProcessOptions & { readonly terminal?: TerminalSize | undefined },
): LaunchProgram {
  checkTerminal(process, options.terminal);
  return {
    namespaces: 0,
    join: { pid, flags: JOINED },
    joinFiles: [],
    ops: [
      ...compileScore(process),
      { op: "keyring" },
      ...(options.terminal === undefined
        ? []
        : [{ op: "terminal", ...options.terminal, console: false } as const]),
      ...compileLimits(process),
      { op: "workingDirectory", path: process.cwd, create: false },
      ...compileExec(process, options),
    ],
  };
}
