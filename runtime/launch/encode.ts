import { Failure } from "../../core/errors.ts";
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
};

const u8 = (value: number): Buffer => Buffer.of(value);

function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

function u64(value: bigint): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(value);
  return bytes;
}

const bytes = (value: Uint8Array): Buffer => Buffer.concat([u32(value.byteLength), value]);

/** Throws OPTION_INVALID on a zero byte, which would cut the value short. */
function string(value: string): Buffer {
  if (value.includes("\0"))
    throw new Failure("OPTION_INVALID", {
      option: "a launch program",
      got: value,
      want: "text without zero bytes",
    });
  return Buffer.concat([bytes(Buffer.from(value)), u8(0)]);
}

const list = (values: readonly string[]): Buffer =>
  Buffer.concat([u32(values.length), ...values.map(string)]);

/** The kinds decide how a field of that type is read; the table above pairs them, and the types of OPERATIONS name only existing fields. */
const WRITERS: Readonly<Record<FieldKind, (value: never) => Buffer>> = {
  u8: (value: number | boolean) => u8(Number(value)),
  u32: (value: number) => u32(value),
  u64: (value: number | bigint) => u64(BigInt(value)),
  string,
  bytes,
  list,
  groups: (value: readonly number[]) => bytes(Buffer.concat(value.map(u32))),
};

function encodeOp(op: LaunchOp): Buffer {
  const [opcode, ...fields] = OPERATIONS[op.op];
  const values = op as unknown as Readonly<Record<string, never>>;
  const operands = fields.map(([name, kind]) => WRITERS[kind](values[name] as never));
  return Buffer.concat([u8(opcode), bytes(Buffer.concat(operands))]);
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

function encodeIo(shim: ShimSetup | undefined): Buffer {
  if (shim === undefined) return u8(0);
  return Buffer.concat([
    u8(1),
    string(shim.socket),
    string(shim.exitFile),
    string(shim.log?.path ?? ""),
    u64(BigInt(shim.log?.maxBytes ?? 0)),
    u32(shim.log?.maxFiles ?? 1),
    string(shim.log?.attributes === undefined ? "" : JSON.stringify(shim.log.attributes)),
    u8((shim.openStdin ? 1 : 0) | (shim.stdinOnce ? 2 : 0) | (shim.terminal ? 4 : 0)),
    string(shim.stateFile ?? ""),
    u8(RESTART_CODES[shim.restart?.when ?? "never"]),
    u32(shim.restart?.maximum ?? 0),
    ...encodeHealth(shim.health),
  ]);
}

const encodeHealth = (health: ProbeSetup | undefined): readonly Buffer[] => [
  bytes(health?.program ?? Buffer.alloc(0)),
  u64(milliseconds(health?.intervalMs)),
  u64(milliseconds(health?.timeoutMs)),
  u64(milliseconds(health?.startPeriodMs)),
  u64(milliseconds(health?.startIntervalMs)),
  u32(health?.retries ?? 0),
];

const milliseconds = (value = 0): bigint => BigInt(Math.ceil(value));

export function encodeProgram(program: LaunchProgram, setup: LaunchSetup): Buffer {
  return Buffer.concat([
    u32(MAGIC),
    u64(BigInt(program.namespaces)),
    u32(program.join?.pid ?? 0),
    u64(BigInt(program.join?.flags ?? 0)),
    u32(program.joinFiles.length),
    ...program.joinFiles.flatMap(({ flag, path }) => [u64(BigInt(flag)), string(path)]),
    string(setup.cgroup2 ?? ""),
    list(setup.cgroupFiles),
    list(setup.cgroupDirs),
    encodeIo(setup.shim),
    u32(program.ops.length),
    ...program.ops.map(encodeOp),
  ]);
}
