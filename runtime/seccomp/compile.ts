import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { digestOf, hexOf } from "../../core/digest.ts";
import { ifThere } from "../../core/if-there.ts";
import { sha256 } from "../../core/sha256.ts";
import type { KernelProcesses, SeccompRules } from "../../native/kernel.ts";
import type { OciSeccomp } from "../spec/oci.ts";

const EPERM = 1;
/** "SCMP_ARCH_X86_64" is libseccomp's "x86_64", and so with all of them. */
const architectureName = (name: string): string => name.replace(/^SCMP_ARCH_/, "").toLowerCase();

/** OCI's filter in the form libseccomp takes. */
export function toRules(filter: OciSeccomp): SeccompRules {
  return {
    defaultAction: filter.defaultAction,
    defaultErrno: filter.defaultErrnoRet ?? EPERM,
    architectures: (filter.architectures ?? []).map(architectureName),
    rules: filter.syscalls.map(({ names, action, errnoRet, args }) => ({
      names,
      action,
      ...(errnoRet === undefined ? {} : { errno: errnoRet }),
      ...(args === undefined
        ? {}
        : {
            args: args.map(({ index, op, value, valueTwo = 0 }) => ({
              index,
              op,
              value: BigInt(value),
              valueTwo: BigInt(valueTwo),
            })),
          }),
    })),
  };
}

/** Filters kept in memory: containers of one machine differ in few ways. */
const CACHE_SIZE = 16;

export interface SeccompCompilerOptions {
  readonly kernel: Pick<KernelProcesses, "compileSeccomp">;
  /** Keeps programs between processes, one small file each: libseccomp takes tens of milliseconds, more than the rest of a launch. */
  readonly cacheDir?: string;
}

/** Compiles filters to BPF programs, each different one once. */
export function createSeccompCompiler(options: SeccompCompilerOptions): (filter: OciSeccomp) => Uint8Array {
  const programs = new Map<string, Uint8Array>();
  const known = new WeakMap<OciSeccomp, Uint8Array>();
  const compile = (filter: OciSeccomp): Uint8Array => {
    const key = digestOf(JSON.stringify(filter));
    const program = programs.get(key) ?? load(options, hexOf(key), filter);
    // Moved to the end: the first entry is the one unused longest.
    programs.delete(key);
    programs.set(key, program);
    const [oldest] = programs.keys();
    if (programs.size > CACHE_SIZE && oldest !== undefined) programs.delete(oldest);
    return program;
  };
  return (filter) => {
    const program = known.get(filter) ?? compile(filter);
    known.set(filter, program);
    return program;
  };
}

function load({ kernel, cacheDir }: SeccompCompilerOptions, name: string, filter: OciSeccomp): Uint8Array {
  if (cacheDir === undefined) return kernel.compileSeccomp(toRules(filter));
  const path = join(cacheDir, name);
  const kept = read(path);
  if (kept !== undefined) return kept;
  const program = kernel.compileSeccomp(toRules(filter));
  const temporary = `${path}.${process.pid}`;
  mkdirSync(cacheDir, { recursive: true, mode: 0o700 });
  writeFileSync(temporary, Buffer.concat([sha256(program), program]), { mode: 0o600 });
  renameSync(temporary, path);
  return program;
}

/** Bytes of the sha256 before the program. */
const CHECKSUM = 32;

/** Undefined also for a file that is not as it was written: it is not synced, so after a power loss it may have its length and other bytes. */
function read(path: string): Uint8Array | undefined {
  const bytes = ifThere(() => readFileSync(path));
  if (bytes === undefined) return undefined;
  const [sum, program] = [bytes.subarray(0, CHECKSUM), bytes.subarray(CHECKSUM)];
  return program.byteLength > 0 && sha256(program).equals(sum) ? program : undefined;
}
