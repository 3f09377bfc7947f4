import type { Document } from "../core/document.ts";
import { isKind } from "../core/errors.ts";
import type { Abortable } from "../core/streams.ts";
import type { EngineEvent, EventQuery, EventService } from "../engine/api.ts";
import { child, number, text, textMap } from "./http/fields.ts";
import { jsonLines } from "./http/lines.ts";
import { filtersText } from "./http/query.ts";
import type { Transport } from "./http/transport.ts";

export class RemoteEvents implements EventService {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  async *stream({ since, until, filters }: EventQuery = {}, { signal }: Abortable = {}) {
    const query = { since, until, filters: filtersText(filters) };
    const options = signal === undefined ? {} : { signal };
    try {
      const bytes = this.#transport.stream({ method: "GET", path: "/events", query }, options);
      for await (const { document, line } of jsonLines(bytes)) yield readEvent(document, line);
    } catch (error) {
      if (signal?.aborted !== true || !isKind(error, "cancelled")) throw error;
    }
  }
}

/** Docker Engine API 1.51 "EventMessage". Its nanoseconds have more digits than a number holds, so they are read from the text. */
function readEvent(document: Document, line: string): EngineEvent {
  const actor = child(document, "Actor");
  // In a string the quotation marks would be escaped.
  const [, nanoseconds = "0"] = /"timeNano":(\d+)/.exec(line) ?? [];
  const exact = BigInt(nanoseconds);
  return {
    type: text(document, "Type") as EngineEvent["type"],
    action: text(document, "Action"),
    id: text(actor, "ID"),
    attributes: textMap(actor, "Attributes"),
    timeNano: exact > 0n ? exact : BigInt(number(document, "time")) * 1_000_000_000n,
  };
}
