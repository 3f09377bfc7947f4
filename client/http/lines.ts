import type { Document } from "../../core/document.ts";
import { Failure } from "../../core/errors.ts";
import type { ByteStream } from "../../core/streams.ts";
import { isDocument } from "./fields.ts";

/** A document of a stream has at most so many bytes. */
const LIMIT = 16 << 20;

/** The lines of a stream of JSON documents, each with its text. Throws DAEMON_ANSWER_INVALID. */
export async function* jsonLines(
  source: ByteStream,
): AsyncGenerator<{ readonly document: Document; readonly line: string }> {
  for await (const line of lines(source)) {
    if (line.trim() === "") continue;
    yield { document: parse(line), line };
  }
}

async function* lines(source: ByteStream): AsyncGenerator<string> {
  let rest = Buffer.alloc(0);
  for await (const chunk of source) {
    const parts = Buffer.concat([rest, chunk]);
    let begin = 0;
    for (let end = parts.indexOf(10); end >= 0; end = parts.indexOf(10, begin)) {
      yield parts.toString("utf8", begin, end);
      begin = end + 1;
    }
    rest = parts.subarray(begin);
    if (rest.byteLength > LIMIT)
      throw new Failure("DAEMON_ANSWER_INVALID", { why: `a line has more than ${LIMIT} bytes` });
  }
  if (rest.byteLength > 0) yield rest.toString();
}

function parse(line: string): Document {
  try {
    const value: unknown = JSON.parse(line);
    if (isDocument(value)) return value;
  } catch {
    // Told below.
  }
  throw new Failure("DAEMON_ANSWER_INVALID", { why: "expected a JSON object on every line" });
}
