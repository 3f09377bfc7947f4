import * as proto from "../grpc/message.ts";

// slipway.v1.Debugger: a command in what a failed step of a build left, over the connection of BuildKit's services.
//
// client                                     daemon
//   start { build, command, … }        -->
//                                      <--   began { command, missing, warnings }
//   input, resize, closeInput          -->
//                                      <--   output …, then exit { code }; the call ends

export const DEBUGGER = "slipway.v1.Debugger";

const SIZE = proto.message({ columns: proto.count(1, proto.int32), rows: proto.count(2, proto.int32) });
const START = proto.message({
  build: proto.text(1),
  command: proto.list(2, proto.string),
  terminal: proto.optional(3, SIZE),
  /** The session that lends the build's secrets; "" where there is none. */
  session: proto.text(4),
});
export const DEBUG_REQUEST = proto.message({
  start: proto.optional(1, START),
  input: proto.data(2),
  closeInput: proto.flag(3),
  resize: proto.optional(4, SIZE),
});
export type DebugRequest = proto.Decoded<typeof DEBUG_REQUEST>;

const BEGAN = proto.message({
  command: proto.list(1, proto.string),
  missing: proto.list(2, proto.string),
  warnings: proto.list(3, proto.string),
});
const OUTPUT = proto.message({ isError: proto.flag(1), data: proto.data(2) });
const EXIT = proto.message({ code: proto.count(1, proto.int32) });
export const DEBUG_ANSWER = proto.message({
  began: proto.optional(1, BEGAN),
  output: proto.optional(2, OUTPUT),
  exit: proto.optional(3, EXIT),
});
export type DebugAnswer = proto.Decoded<typeof DEBUG_ANSWER>;
