import { Failure } from "../../core/errors.ts";
import type { ByteStream } from "../../core/streams.ts";

/** A piece of a process's output. */
export interface Output {
  readonly stream: "stdout" | "stderr";
  readonly data: Uint8Array;
}

/** The numbers of the streams in a header. https://docs.docker.com/reference/api/engine/version/v1.51/#tag/Container/operation/ContainerAttach */
const NAMES = ["stdout", "stdout", "stderr"] as const;
const FAULT = 3;
const HEADER = 8;
/** The longest piece that is believed. */
const LIMIT = 64 << 20;

/** Takes a multiplexed stream apart; a piece is whole. Throws DAEMON_ANSWER_INVALID, DAEMON_FAILED for what the daemon says of itself. */
export async function* demultiplex(source: ByteStream): AsyncGenerator<Output> {
  let rest: Buffer = Buffer.alloc(0);
  for await (const chunk of source) {
    rest = rest.byteLength === 0 ? Buffer.from(chunk) : Buffer.concat([rest, chunk]);
    for (let length = lengthOf(rest); length !== undefined; length = lengthOf(rest)) {
      yield piece(rest[0] ?? 0, rest.subarray(HEADER, HEADER + length));
      rest = rest.subarray(HEADER + length);
    }
  }
  if (rest.byteLength > 0)
    throw new Failure("DAEMON_ANSWER_INVALID", { why: "the output ended in the middle of a piece" });
}

/** Of the next piece, once all of it is there. */
function lengthOf(bytes: Buffer): number | undefined {
  if (bytes.byteLength < HEADER) return undefined;
  const length = bytes.readUInt32BE(4);
  if (length > LIMIT)
    throw new Failure("DAEMON_ANSWER_INVALID", { why: `a piece of output has ${length} bytes` });
  return bytes.byteLength >= HEADER + length ? length : undefined;
}

function piece(number: number, data: Buffer): Output {
  if (number === FAULT) throw new Failure("DAEMON_FAILED", { message: data.toString().trim() });
  const stream = NAMES[number];
  if (stream === undefined)
    throw new Failure("DAEMON_ANSWER_INVALID", { why: `there is no stream ${number} of output` });
  return { stream, data };
}

/** Output of a terminal: one stream, without headers. */
export async function* terminalOutput(source: ByteStream): AsyncGenerator<Output> {
  for await (const data of source) yield { stream: "stdout", data };
}
