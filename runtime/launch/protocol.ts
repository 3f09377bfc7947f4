import type { ExitStatus } from "../../core/process.ts";
import { encodeFrame, type Frame } from "./frames.ts";

// runtime                                 launcher
//   program                         -->
//                                   <--   need-id-map { pid }       only with a new user namespace
//   id-map-written                  -->
//                                   <--   cloned { pid, launcher }  it has its namespaces
//                                   <--   created { path, parent }  any number
//                                   <--   warning { index, errno }  any number
//                                   <--   ready { pid, launcher }   parked
//   go                              -->
//                                   <--   started
//   signal { signal }               -->                             any time after ready
//                                   <--   exited { status, oom }
// `failed` ends it at any time before `started`. native/launcher/channel.h has the numbers and the rest of the rules.

export type FromLauncher =
  | { readonly type: "need-id-map"; readonly pid: number }
  | { readonly type: "cloned"; readonly pid: number; readonly launcher: number }
  | { readonly type: "created"; readonly parent: boolean; readonly path: string }
  | { readonly type: "warning"; readonly index: number; readonly errno: number }
  | { readonly type: "ready"; readonly pid: number; readonly launcher: number }
  | { readonly type: "failed"; readonly index: number; readonly errno: number; readonly stage: Stage }
  | { readonly type: "started" }
  | { readonly type: "exited"; readonly status: ExitStatus; readonly oom: boolean };

/** What failed outside of the operations, or which part of an exec. */
export type Stage =
  | "none"
  | "program"
  | "cgroup"
  | "namespaces"
  | "shim"
  | "id-map"
  | "not-in-path"
  | "lookup"
  | "execve";
const STAGES: Readonly<Record<number, Stage>> = {
  0: "none",
  1: "program",
  2: "cgroup",
  3: "namespaces",
  4: "shim",
  5: "id-map",
  16: "not-in-path",
  17: "lookup",
  18: "execve",
};

/** Stands for "before the first operation" as an operation's index. */
export const NO_OPERATION = 0xffff_ffff;
/** Longest frame a launcher sends: a path and its head. */
export const LAUNCHER_FRAME_LIMIT = 16 * 1024;

const DECODERS: Readonly<Record<number, (payload: Buffer) => FromLauncher>> = {
  64: (p) => ({ type: "need-id-map", pid: p.readUInt32LE() }),
  65: (p) => ({ type: "created", parent: p.readUInt8() === 1, path: p.toString("utf8", 1) }),
  66: (p) => ({ type: "warning", index: p.readUInt32LE(), errno: p.readUInt32LE(4) }),
  67: (p) => ({ type: "ready", pid: p.readUInt32LE(), launcher: p.readUInt32LE(4) }),
  68: (p) => ({
    type: "failed",
    index: p.readUInt32LE(),
    errno: p.readUInt32LE(4),
    stage: STAGES[p.readUInt8(8)] ?? "none",
  }),
  69: () => ({ type: "started" }),
  70: (p) => ({
    type: "exited",
    status: p.readUInt8() === 1 ? { signal: p.readUInt32LE(1) } : { code: p.readUInt32LE(1) },
    oom: p.readUInt8(5) === 1,
  }),
  71: (p) => ({ type: "cloned", pid: p.readUInt32LE(), launcher: p.readUInt32LE(4) }),
};

/** Throws a RangeError on a frame that is none of the launcher's. */
export function decodeFromLauncher({ type, payload }: Frame): FromLauncher {
  const decode = DECODERS[type];
  if (decode === undefined) throw new RangeError(`unknown launcher message ${type}`);
  return decode(payload);
}

export type ToLauncher =
  | { readonly type: "program"; readonly program: Uint8Array }
  | { readonly type: "go" }
  | { readonly type: "id-map-written" }
  | { readonly type: "signal"; readonly signal: number };

export function encodeToLauncher(message: ToLauncher): Buffer {
  switch (message.type) {
    case "program":
      return encodeFrame(1, message.program);
    case "go":
      return encodeFrame(2);
    case "id-map-written":
      return encodeFrame(3);
    case "signal":
      return encodeFrame(4, Buffer.of(message.signal, 0, 0, 0));
  }
}
