import type { Stream } from "../http/call.ts";

/** An answer of documents as they come, one JSON text per line. */
export const documentStream = (documents: AsyncIterable<unknown>): Stream<200> => ({
  status: 200,
  headers: { "content-type": "application/json" },
  stream: lines(documents),
});

async function* lines(documents: AsyncIterable<unknown>): AsyncGenerator<Uint8Array> {
  for await (const document of documents) yield Buffer.from(`${JSON.stringify(document)}\n`);
}
