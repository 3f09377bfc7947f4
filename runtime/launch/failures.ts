import { getSystemErrorMap } from "node:util";
import { Failure } from "../../core/errors.ts";
import { RLIMITS } from "./flags.ts";
import type { LaunchOp, OpName } from "./ops.ts";
import type { FromLauncher, Stage } from "./protocol.ts";

type Failed = Extract<FromLauncher, { type: "failed" }>;

const ERRORS_BY_NUMBER = getSystemErrorMap();

/** [name, words] of an errno: ["ENOENT", "no such file or directory"]. */
export function errnoText(errno: number): readonly [name: string, words: string] {
  return ERRORS_BY_NUMBER.get(-errno) ?? [`errno ${errno}`, `error ${errno}`];
}

const limitName = (resource: number): string =>
  Object.keys(RLIMITS).find((name) => RLIMITS[name] === resource) ?? String(resource);

const quoted = (text: string): string => JSON.stringify(text);

type Describe = { readonly [N in OpName]: (op: Extract<LaunchOp, { op: N }>) => string };
const DESCRIPTIONS: Describe = {
  propagation: (op) => `setting the propagation of ${quoted(op.path)}`,
  stage: () => "mounting the stage of the root filesystem",
  filesystem: (op) =>
    `mounting ${quoted(op.source)} on ${quoted(op.target)} as ${op.type}${op.options.length > 0 && op.options.length < 8 ? ` with ${op.options.join(",")}` : ""}`,
  bind: (op) => `mounting ${quoted(op.source)} on ${quoted(op.target)}`,
  sharedMemory: (op) => `mounting the shared memory of process ${op.pid} on ${quoted(op.target)}`,
  root: () => "opening the root filesystem",
  file: (op) => `writing ${quoted(op.name)}`,
  device: (op) => `making the device ${quoted(op.target)}`,
  placeholder: (op) => `making the file ${quoted(op.target)}`,
  link: (op) => `linking ${quoted(op.target)}`,
  mask: (op) => `masking ${quoted(op.target)}`,
  readonly: (op) => `making ${quoted(op.target)} read-only`,
  attributes: (op) => `changing the mount ${quoted(op.target)}`,
  sysctl: (op) => `writing ${quoted(op.value)} to ${op.target}`,
  hostname: (op) => `setting the host name ${quoted(op.name)}`,
  domainname: (op) => `setting the domain name ${quoted(op.name)}`,
  pivot: () => "entering the root filesystem",
  terminal: () => "opening a terminal",
  rlimit: (op) => `setting the resource limit ${limitName(op.resource)}`,
  oomScore: (op) => `setting oom_score_adj to ${op.value}`,
  keyring: () => "making a session keyring",
  park: () => "waiting to start",
  ownStdio: (op) => `handing the standard streams to user ${op.uid}`,
  workingDirectory: (op) => `chdir to cwd (${quoted(op.path)})`,
  bounding: () => "dropping capabilities from the bounding set",
  user: (op) => `becoming user ${op.uid}:${op.gid}`,
  capabilities: () => "setting capabilities",
  noNewPrivileges: () => "setting no_new_privs",
  seccomp: () => "installing the seccomp filter",
  init: () => "starting the init process",
  exec: (op) => `executing ${quoted(op.args[0] ?? "")}`,
};

/** What an operation does, as the subject of "…: no such file or directory". */
export function describeOp(op: LaunchOp): string {
  return (DESCRIPTIONS[op.op] as (op: LaunchOp) => string)(op);
}

const STAGE_TEXT: Readonly<Partial<Record<Stage, string>>> = {
  program: "reading the launch program",
  cgroup: "joining the control group",
  namespaces: "entering namespaces",
  shim: "opening the container's log and socket",
  "id-map": "mapping users",
};

const ENOEXEC = 8;
const DENIED = new Set(["EACCES", "EPERM", "ETXTBSY", "ELOOP", "ENAMETOOLONG"]);

/** Docker's words for a program that cannot be run. */
function execFailure(program: string, { errno, stage }: Failed): Failure {
  const [name, words] = errnoText(errno);
  if (stage === "not-in-path")
    return new Failure("EXEC_NOT_FOUND", { program, why: "executable file not found in $PATH" });
  if (errno === ENOEXEC) return new Failure("EXEC_FORMAT", { program });
  if (name === "ENOENT" || name === "ENOTDIR") {
    if (stage === "lookup")
      return new Failure("EXEC_NOT_FOUND", { program, why: `stat ${program}: ${words}` });
    // It was there a moment ago: what is missing is its interpreter or dynamic loader.
    const hint =
      "check the interpreter in its first line, or the architecture and C library it was built for";
    return new Failure("EXEC_NOT_FOUND", { program, why: words }, { hint });
  }
  if (name === "EISDIR")
    return new Failure("EXEC_DENIED", { program, why: "is a directory: permission denied" });
  if (DENIED.has(name)) return new Failure("EXEC_DENIED", { program, why: spoken(name, words) });
  return new Failure("LAUNCH_FAILED", { operation: `executing ${quoted(program)}`, errno: name, why: words });
}

/** libuv words some of them differently from everybody else. */
const spoken = (name: string, words: string): string =>
  ({ EISDIR: "is a directory", EPERM: "operation not permitted" })[name] ?? words;

/** The failure a launcher reported, in words. */
export function launchFailure(ops: readonly LaunchOp[], failed: Failed): Failure {
  const op = ops[failed.index];
  if (op?.op === "exec") return execFailure(op.args[0] ?? "", failed);
  const [errno, words] = errnoText(failed.errno);
  const operation = op === undefined ? (STAGE_TEXT[failed.stage] ?? "starting the process") : describeOp(op);
  return new Failure("LAUNCH_FAILED", { operation, errno, why: spoken(errno, words) });
}

/** What the host refused and the process can do without. */
export function launchWarning(ops: readonly LaunchOp[], index: number, errno: number): string {
  const op = ops[index];
  const what = op === undefined ? "a launch operation" : describeOp(op);
  return `${what} was refused by the host: ${spoken(...errnoText(errno))}`;
}
