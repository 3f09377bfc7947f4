/** An event of a build as a JSON document: bytes of output are base64. */
export const eventDocument = <E extends { readonly type: string }>(event: E): object =>
  "data" in event && event.data instanceof Uint8Array
    ? { ...event, data: Buffer.from(event.data).toString("base64") }
    : event;

/** The event of such a document; undefined of what is none. */
export function eventOf(document: Readonly<Record<string, unknown>>): object | undefined {
  const { type, data } = document;
  if (typeof type !== "string") return undefined;
  if (type !== "output") return document;
  return typeof data === "string" ? { ...document, data: Buffer.from(data, "base64") } : undefined;
}
