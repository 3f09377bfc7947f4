import { Failure } from "../../core/errors.ts";
import { ByteWriter } from "./byte-writer.ts";
import type { HealthProbe } from "./health-probe.ts";
import type { LogSetup } from "./launcher.ts";
import type { LaunchOp, LaunchProgram, OpName } from "./ops.ts";
import { RESTART_CODES, type RestartRule } from "./restart-rule.ts";

// The binary form of a launch program; native/launcher/program.h describes it.

type FieldKind = "u8" | "u32" | "u64" | "string" | "bytes" | "list" | "groups";
type Row<N extends OpName> = readonly [
  opcode: number,
  ...fields: (readonly [name: Exclude<keyof Extract<LaunchOp, { op: N }>, "op">, kind: FieldKind])[],
];

/** Opcode and operands in order, of every operation: the other half of SLIPWAY_OPERATIONS in native/launcher/operations.h. */
export const OPERATIONS: { readonly [N in OpName]: Row<N> } = {
  propagation: [1, ["path", "string"], ["flags", "u32"]],
  stage: [2],
  filesystem: [
    3,
    ["type", "string"],
    ["source", "string"],
    ["target", "string"],
    ["options", "list"],
    ["attributes", "u64"],
  ],
  bind: [
    4,
    ["source", "string"],
    ["below", "string"],
    ["target", "string"],
    ["recursive", "u8"],
    ["set", "u64"],
    ["clear", "u64"],
    ["attributesRecursive", "u8"],
    ["propagation", "u32"],
    ["propagationRecursive", "u8"],
  ],
  root: [5, ["name", "string"]],
  file: [6, ["name", "string"], ["mode", "u32"], ["uid", "u32"], ["gid", "u32"], ["content", "bytes"]],
  device: [
    7,
    ["target", "string"],
    ["mode", "u32"],
    ["major", "u32"],
    ["minor", "u32"],
    ["uid", "u32"],
    ["gid", "u32"],
  ],
  link: [8, ["text", "string"], ["target", "string"]],
  mask: [9, ["target", "string"]],
  readonly: [10, ["target", "string"]],
  attributes: [11, ["target", "string"], ["set", "u64"], ["clear", "u64"], ["recursive", "u8"]],
  sysctl: [12, ["target", "string"], ["value", "string"]],
  hostname: [13, ["name", "string"]],
  domainname: [14, ["name", "string"]],
  pivot: [15],
  terminal: [16, ["columns", "u32"], ["rows", "u32"], ["console", "u8"]],
  rlimit: [17, ["resource", "u32"], ["soft", "u64"], ["hard", "u64"]],
  oomScore: [18, ["value", "string"]],
  keyring: [19],
  park: [20],
  ownStdio: [21, ["uid", "u32"]],
  workingDirectory: [22, ["path", "string"], ["create", "u8"]],
  bounding: [23, ["keep", "u64"]],
  user: [24, ["uid", "u32"], ["gid", "u32"], ["umask", "u32"], ["groups", "groups"]],
  capabilities: [25, ["effective", "u64"], ["permitted", "u64"], ["inheritable", "u64"], ["ambient", "u64"]],
  noNewPrivileges: [26],
  seccomp: [27, ["filter", "bytes"]],
  init: [28],
  exec: [29, ["args", "list"], ["env", "list"]],
  sharedMemory: [30, ["pid", "u32"], ["target", "string"]],
  placeholder: [31, ["target", "string"]],
};

/** Kinds of fields, and how a value of one is written. */
const WRITERS: Readonly<Record<FieldKind, (out: ByteWriter, value: never) => void>> = {
  u8: (out, value: number | boolean) => out.u8(Number(value)),
  u32: (out, value: number) => out.u32(value),
  u64: (out, value: number | bigint) => out.u64(BigInt(value)),
  string,
  bytes: (out, value: Uint8Array) => out.bytes(value),
  list,
  groups: (out, value: readonly number[]) =>
    out.sized(() => {
      for (const group of value) out.u32(group);
    }),
};

/** Throws OPTION_INVALID on a zero byte, which would cut the value short. */
function string(out: ByteWriter, value: string): void {
  if (value.includes("\0"))
    throw new Failure("OPTION_INVALID", {
      option: "a launch program",
      got: value,
      want: "text without zero bytes",
    });
  out.text(value);
  out.u8(0);
}

function list(out: ByteWriter, values: readonly string[]): void {
  out.u32(values.length);
  for (const value of values) string(out, value);
}

/** The table pairs fields with their kinds, and the types of OPERATIONS name only existing fields. */
function encodeOp(out: ByteWriter, op: LaunchOp): void {
  const [opcode, ...fields] = OPERATIONS[op.op];
  const values = op as unknown as Readonly<Record<string, never>>;
  out.u8(opcode);
  out.sized(() => {
    for (const [name, kind] of fields) WRITERS[kind](out, values[name] as never);
  });
}

/** What a shim is told; absent for a process on passed descriptors. */
export interface ShimSetup {
  readonly socket: string;
  readonly exitFile: string;
  readonly log?: LogSetup;
  readonly openStdin: boolean;
  readonly stdinOnce: boolean;
  readonly terminal: boolean;
  readonly stateFile?: string;
  readonly restart?: RestartRule;
  readonly health?: ProbeSetup | undefined;
}

export interface ProbeSetup extends Omit<HealthProbe, "args"> {
  /** Encoded; without a process to join. */
  readonly program: Uint8Array;
}

export interface LaunchSetup {
  /** The cgroup v2 directory the process is cloned into. */
  readonly cgroup2?: string | undefined;
  /** Files it writes itself to. */
  readonly cgroupFiles: readonly string[];
  readonly cgroupDirs: readonly string[];
  readonly shim?: ShimSetup | undefined;
}

const MAGIC = 0x31574c53;

function encodeIo(out: ByteWriter, shim: ShimSetup | undefined): void {
  out.u8(shim === undefined ? 0 : 1);
  if (shim === undefined) return;
  string(out, shim.socket);
  string(out, shim.exitFile);
  string(out, shim.log?.path ?? "");
  out.u64(BigInt(shim.log?.maxBytes ?? 0));
  out.u32(shim.log?.maxFiles ?? 1);
  out.u8(shim.log?.compressed === true ? 1 : 0);
  out.u64(BigInt(shim.log?.queueBytes ?? 0));
  string(out, shim.log?.attributes === undefined ? "" : JSON.stringify(shim.log.attributes));
  out.u8((shim.openStdin ? 1 : 0) | (shim.stdinOnce ? 2 : 0) | (shim.terminal ? 4 : 0));
  string(out, shim.stateFile ?? "");
  out.u8(RESTART_CODES[shim.restart?.when ?? "never"]);
  out.u32(shim.restart?.maximum ?? 0);
  encodeHealth(out, shim.health);
}

function encodeHealth(out: ByteWriter, health: ProbeSetup | undefined): void {
  out.bytes(health?.program ?? Buffer.alloc(0));
  out.u64(milliseconds(health?.intervalMs));
  out.u64(milliseconds(health?.timeoutMs));
  out.u64(milliseconds(health?.startPeriodMs));
  out.u64(milliseconds(health?.startIntervalMs));
  out.u32(health?.retries ?? 0);
}

const milliseconds = (value = 0): bigint => BigInt(Math.ceil(value));

export function encodeProgram(program: LaunchProgram, setup: LaunchSetup): Buffer {
  const out = new ByteWriter();
  out.u32(MAGIC);
  out.u64(BigInt(program.namespaces));
  out.u32(program.join?.pid ?? 0);
  out.u64(BigInt(program.join?.flags ?? 0));
  out.u32(program.joinFiles.length);
  for (const { flag, path } of program.joinFiles) {
    out.u64(BigInt(flag));
    string(out, path);
  }
  string(out, setup.cgroup2 ?? "");
  list(out, setup.cgroupFiles);
  list(out, setup.cgroupDirs);
  encodeIo(out, setup.shim);
  out.u32(program.ops.length);
  for (const op of program.ops) encodeOp(out, op);
  return out.end();
}
