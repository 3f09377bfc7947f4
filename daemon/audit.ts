import { describeError } from "../core/errors.ts";
import type { Exchange } from "./http/api-server.ts";

export type LogLevel = "debug" | "info" | "warn" | "error" | "fatal";

/** Parameters whose values may hold passwords. */
const SECRET = ["buildargs", "changes", "fromSrc", "remote"];
const READING: readonly string[] = ["GET", "HEAD", "OPTIONS"];

/** Faults always; what changes something always, so that it can be found out later who did it; what only reads when debugging. */
export function logExchange(
  exchange: Exchange,
  { report, level }: { readonly report: (line: string) => void; readonly level: LogLevel },
): void {
  const { method, status, error, from, user, agent } = exchange;
  const what = `${method} ${shownUrl(exchange.url)}: ${status}`;
  const named = user === undefined ? "" : ` as ${printable(JSON.stringify(user))}`;
  const who = `from ${from}${named}${agent === "" ? "" : ` (${agent})`}`;
  const fault = error !== undefined && status >= 500;
  if (!READING.includes(method)) report(`audit: ${what} ${who}${fault ? `: ${describeError(error)}` : ""}`);
  else if (fault) report(`${what} ${who}: ${describeError(error)}`);
  else if (level === "debug") report(`${what} ${who}`);
}

/** Without secrets, and without what would make two lines of one. */
export function shownUrl(url: string): string {
  const mark = url.indexOf("?");
  if (mark < 0) return printable(url);
  const parameters = new URLSearchParams(url.slice(mark + 1));
  for (const name of SECRET) if (parameters.has(name)) parameters.set(name, "…");
  return printable(`${url.slice(0, mark)}?${decodeURIComponent(parameters.toString().replaceAll("+", " "))}`);
}

const printable = (text: string): string =>
  text.replace(
    /[^\x20-\x7e…]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
