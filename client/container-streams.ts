import type { Abortable, ByteStream } from "../core/streams.ts";
import type { Attachment, LogEntry, LogQuery, TerminalSize } from "../engine/api.ts";
import { RemoteAttachment } from "./attachment.ts";
import { demultiplex, type Output } from "./http/frames.ts";
import { segment } from "./http/query.ts";
import type { Transport } from "./http/transport.ts";

interface Process {
  readonly id: string;
  readonly tty: boolean;
}

/** Connects to a container's process. The caller disposes it. */
export async function attach(
  transport: Transport,
  { id, tty }: Process,
  { stdin, logs = false }: { readonly stdin: boolean; readonly logs?: boolean },
): Promise<Attachment> {
  const path = `/containers/${segment(id)}`;
  const query = { stream: true, stdin, stdout: true, stderr: true, logs };
  const socket = await transport.hijack({ method: "POST", path: `${path}/attach`, query }, "tcp");
  const resize = ({ columns: w, rows: h }: TerminalSize) =>
    transport.done({ method: "POST", path: `${path}/resize`, query: { h, w } });
  return new RemoteAttachment(transport, socket, { tty, resize });
}

/** A container's log. A time and details stand before each line on the wire. */
export async function* readLogs(
  transport: Transport,
  { id, tty }: Process,
  { tail, ...query }: LogQuery & Abortable,
): AsyncGenerator<LogEntry> {
  const { signal, ...wanted } = query;
  const bytes = transport.stream(
    {
      method: "GET",
      path: `/containers/${segment(id)}/logs`,
      query: { ...wanted, tail: tail ?? "all", timestamps: true, details: true },
    },
    signal === undefined ? {} : { signal },
  );
  const pieces = tty ? linesOf(bytes) : demultiplex(bytes);
  for await (const piece of pieces) yield readEntry(piece);
}

/** The log of a terminal has no headers: a line is an entry. */
async function* linesOf(source: ByteStream): AsyncGenerator<Output> {
  let rest: Buffer = Buffer.alloc(0);
  for await (const chunk of source) {
    rest = Buffer.concat([rest, chunk]);
    for (let end = rest.indexOf(10); end >= 0; end = rest.indexOf(10)) {
      yield { stream: "stdout", data: rest.subarray(0, end + 1) };
      rest = rest.subarray(end + 1);
    }
  }
  if (rest.byteLength > 0) yield { stream: "stdout", data: rest };
}

const SPACE = 32;

/** "2026-11-28T21:40:40.123456789Z a=b,c=d the line". */
function readEntry({ stream, data }: Output): LogEntry {
  const bytes = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  const time = bytes.indexOf(SPACE);
  const told = bytes.indexOf(SPACE, time + 1);
  const details = bytes.toString("utf8", time + 1, told);
  return {
    stream,
    time: bytes.toString("utf8", 0, time),
    line: bytes.subarray(told + 1),
    ...(details === "" ? {} : { details: Object.fromEntries(details.split(",").map(pairOf)) }),
  };
}

function pairOf(text: string): readonly [string, string] {
  const [name = "", ...value] = text.split("=");
  return [decode(name), decode(value.join("="))];
}

/** What is encoded in another way is shown as it is. */
function decode(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll("+", "%20"));
  } catch {
    return text;
  }
}
