import { queryEscape } from "./query-escape.ts";

/** What an entry of a log tells beside its line, as `logs --details` shows it: by name, escaped. */
export const logDetails = (details: Readonly<Record<string, string>> = {}): string =>
  Object.entries(details)
    .sort(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
    .map((pair) => pair.map(queryEscape).join("="))
    .join(",");
