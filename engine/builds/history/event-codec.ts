import { deflateRawSync, inflateRawSync } from "node:zlib";
import type { BuildEvent } from "../../../builder/events.ts";

/** What a chunk may become when it is read: far more than one is written with. */
const MAX_CHUNK = 64 * 1024 * 1024;
const FAST = 1;
/** Up to so many bytes are not compressed: loading zlib takes longer than a short build should. At most 65,535. */
const PLAIN = 8 * 1024;

/** Output is text in nearly all cases, and then compresses better as such. */
function toJson(event: BuildEvent): unknown {
  if (event.type !== "output") return event;
  const bytes = Buffer.from(event.data.buffer, event.data.byteOffset, event.data.byteLength);
  const text = bytes.toString("utf8");
  const { data: _, ...rest } = event;
  return Buffer.from(text, "utf8").equals(bytes)
    ? { ...rest, text }
    : { ...rest, base64: bytes.toString("base64") };
}

function fromJson(value: BuildEvent & { readonly text?: string; readonly base64?: string }): BuildEvent {
  if (value.type !== "output") return value;
  const { text, base64, ...rest } = value;
  return { ...rest, data: text === undefined ? Buffer.from(base64 ?? "", "base64") : Buffer.from(text) };
}

export function encodeEvents(events: readonly BuildEvent[]): Buffer {
  const text = Buffer.from(events.map((event) => JSON.stringify(toJson(event))).join("\n"));
  return text.byteLength <= PLAIN ? stored(text) : deflateRawSync(text, { level: FAST });
}

/** DEFLATE that only frames: one block, which is the last, not compressed. See RFC 1951, 3.2.4. */
function stored(bytes: Buffer): Buffer {
  const head = Buffer.from([1, 0, 0, 0, 0]);
  head.writeUInt16LE(bytes.byteLength, 1);
  head.writeUInt16LE(0xffff - bytes.byteLength, 3);
  return Buffer.concat([head, bytes]);
}

export const decodeEvents = (chunk: Uint8Array): readonly BuildEvent[] =>
  inflateRawSync(chunk, { maxOutputLength: MAX_CHUNK })
    .toString("utf8")
    .split("\n")
    .map((line) => fromJson(JSON.parse(line)));
