/**
 * The operations of a launch program, performed in order by the launcher's child (native/launcher/operations.h tells what each does).
 * A `target` is a path of the root filesystem once there is one ("root" names it), before that of the stage: a temporary filesystem
 * that holds layers and files and goes away at "pivot". A relative `source` is a name of the stage.
 * Numbers called flags, set, clear and attributes are the kernel's (flags.ts).
 */
export type LaunchOp =
  | { readonly op: "propagation"; readonly path: string; readonly flags: number }
  | { readonly op: "stage" }
  | {
      readonly op: "filesystem";
      readonly type: string;
      readonly source: string;
      readonly target: string;
      readonly options: readonly string[];
      readonly attributes: number;
    }
  | {
      readonly op: "bind";
      readonly source: string;
      /** A path below it that is bound instead, with links resolved inside it; "" for none. */
      readonly below: string;
      readonly target: string;
      readonly recursive: boolean;
      readonly set: number;
      readonly clear: number;
      readonly attributesRecursive: boolean;
      readonly propagation: number;
      readonly propagationRecursive: boolean;
    }
  /** The /dev/shm of a process whose IPC namespace was joined. */
  | { readonly op: "sharedMemory"; readonly pid: number; readonly target: string }
  | { readonly op: "root"; readonly name: string }
  | {
      readonly op: "file";
      readonly name: string;
      readonly mode: number;
      readonly uid: number;
      readonly gid: number;
      readonly content: Uint8Array;
    }
  | {
      readonly op: "device";
      readonly target: string;
      /** Type and permission bits. */
      readonly mode: number;
      readonly major: number;
      readonly minor: number;
      readonly uid: number;
      readonly gid: number;
    }
  | { readonly op: "link"; readonly text: string; readonly target: string }
  /** An empty file where nothing is. */
  | { readonly op: "placeholder"; readonly target: string }
  | { readonly op: "mask"; readonly target: string }
  | { readonly op: "readonly"; readonly target: string }
  | {
      readonly op: "attributes";
      readonly target: string;
      readonly set: number;
      readonly clear: number;
      readonly recursive: boolean;
    }
  | { readonly op: "sysctl"; readonly target: string; readonly value: string }
  | { readonly op: "hostname"; readonly name: string }
  | { readonly op: "domainname"; readonly name: string }
  | { readonly op: "pivot" }
  | { readonly op: "terminal"; readonly columns: number; readonly rows: number; readonly console: boolean }
  | { readonly op: "rlimit"; readonly resource: number; readonly soft: bigint; readonly hard: bigint }
  | { readonly op: "oomScore"; readonly value: string }
  | { readonly op: "keyring" }
  | { readonly op: "park" }
  | { readonly op: "ownStdio"; readonly uid: number }
  | { readonly op: "workingDirectory"; readonly path: string; readonly create: boolean }
  | { readonly op: "bounding"; readonly keep: bigint }
  | {
      readonly op: "user";
      readonly uid: number;
      readonly gid: number;
      readonly umask: number;
      readonly groups: readonly number[];
    }
  | {
      readonly op: "capabilities";
      readonly effective: bigint;
      readonly permitted: bigint;
      readonly inheritable: bigint;
      readonly ambient: bigint;
    }
  | { readonly op: "noNewPrivileges" }
  | { readonly op: "seccomp"; readonly filter: Uint8Array }
  | { readonly op: "init" }
  | { readonly op: "exec"; readonly args: readonly string[]; readonly env: readonly string[] };

export type OpName = LaunchOp["op"];

/** Everything the launcher needs to know before it clones, and then the operations. */
export interface LaunchProgram {
  /** CLONE_NEW* of the namespaces to make. */
  readonly namespaces: number;
  /** Namespaces joined: all of `flags` of a process, or single ones by their files. */
  readonly join?: { readonly pid: number; readonly flags: number };
  readonly joinFiles: readonly { readonly flag: number; readonly path: string }[];
  readonly ops: readonly LaunchOp[];
}
