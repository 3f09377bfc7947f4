import type { Document } from "../../core/document.ts";
import type { ByteStream } from "../../core/streams.ts";
import { failureOf } from "./failures.ts";
import { child, number, text } from "./fields.ts";
import { jsonLines } from "./lines.ts";

/** A line of what the Engine API calls a stream of progress messages: Docker Engine API 1.51 "JSONMessage". */
export interface Progress {
  readonly id?: string;
  readonly status: string;
  /** Text for people, with its line ends. */
  readonly stream: string;
  readonly current?: number;
  readonly total?: number;
  /** What a program is told. */
  readonly aux?: Document;
}

/** What work tells of itself. Rejects with the failure that its last line is. */
export async function* progressOf(source: ByteStream): AsyncGenerator<Progress> {
  for await (const { document } of jsonLines(source)) {
    const error = text(document, "error") || text(child(document, "errorDetail"), "message");
    if (error !== "") throw failureOf(error);
    yield readProgress(document);
  }
}

function readProgress(document: Document): Progress {
  const id = text(document, "id");
  const detail = child(document, "progressDetail");
  const aux = child(document, "aux");
  return {
    status: text(document, "status"),
    stream: text(document, "stream"),
    ...(id === "" ? {} : { id }),
    ...(detail["current"] === undefined ? {} : { current: number(detail, "current") }),
    ...(detail["total"] === undefined ? {} : { total: number(detail, "total") }),
    ...(Object.keys(aux).length === 0 ? {} : { aux }),
  };
}
