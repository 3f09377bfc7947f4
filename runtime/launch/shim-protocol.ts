// The protocol of a shim's socket. Frames as in frames.ts; any number of connections, each with any of:
//
//   client                                       shim
//   attach { u8: 1 stdin, 2 stdout, 4 stderr,
//            8 lossless }                  -->
//                                          <--   attached
//                                          <--   stdout { bytes }, stderr { bytes }      from then on
//   stdin { bytes }, stdin-end             -->                                           no answer
//                                          <--   exit { json }                           last, once all output was sent
//   resize { u32 columns, u32 rows }       -->
//                                          <--   done
//   signal { u32 number }                  -->
//                                          <--   done | refused { u8 errno }             refused: the process has ended
//   state                                  -->
//                                          <--   state-is { json }
//   wait                                   -->
//                                          <--   exit { json }                           when it has ended
//   policy { u8 when, u32 maximum }        -->                                           restart-rule.ts
//                                          <--   done
//   names { u32 pid, u32 port, path }      -->                                           serves names in the network of pid
//                                          <--   serving { u32 udp, u32 tcp } | refused { u8 errno }
//   no-more                                -->                                           its next end is the last, now if it waits
//                                          <--   done
//
// A container that is started again lets its clients go when a run ends, with "exit" for those who wait.
//
// Answers come in the order of the requests. Who is attached before the process starts misses nothing.
// A client that does not read is dropped once a mebibyte waits for it; a lossless one makes the process wait instead.
// A client that breaks the protocol is dropped.

import { encodeFrame } from "./frames.ts";
import { RESTART_CODES, type RestartRule } from "./restart-rule.ts";

export const FROM_SHIM = {
  attached: 64,
  stdout: 65,
  stderr: 66,
  exit: 67,
  done: 68,
  stateIs: 69,
  refused: 70,
  serving: 71,
} as const;

/** Longest frame a shim sends, and takes: a piece of output is at most this long. */
export const SHIM_FRAME_LIMIT = 64 * 1024;

export interface AttachOptions {
  readonly stdin: boolean;
  readonly stdout: boolean;
  readonly stderr: boolean;
  /** The process waits rather than that output is lost; for a client in whose foreground it runs. */
  readonly lossless?: boolean;
}

function u32s(...values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(4 * values.length);
  for (const [index, value] of values.entries()) bytes.writeUInt32LE(value, 4 * index);
  return bytes;
}

export const toShim = {
  attach: ({ stdin, stdout, stderr, lossless = false }: AttachOptions): Buffer =>
    encodeFrame(1, Buffer.of((stdin ? 1 : 0) | (stdout ? 2 : 0) | (stderr ? 4 : 0) | (lossless ? 8 : 0))),
  stdin: (bytes: Uint8Array): Buffer => encodeFrame(2, bytes),
  stdinEnd: (): Buffer => encodeFrame(3),
  resize: (columns: number, rows: number): Buffer => encodeFrame(4, u32s(columns, rows)),
  signal: (signal: number): Buffer => encodeFrame(5, u32s(signal)),
  wait: (): Buffer => encodeFrame(6),
  state: (): Buffer => encodeFrame(7),
  policy: ({ when, maximum }: RestartRule): Buffer =>
    encodeFrame(8, Buffer.concat([Buffer.of(RESTART_CODES[when]), u32s(maximum)])),
  noMore: (): Buffer => encodeFrame(9),
  names: (pid: number, port: number, path: string): Buffer =>
    encodeFrame(10, Buffer.concat([u32s(pid, port), Buffer.from(path)])),
};
