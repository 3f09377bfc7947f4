import { constants } from "node:os";
import { Failure } from "./errors.ts";

/** glibc's range of real-time signals: signal(7). */
const RTMIN = 34;
const RTMAX = 64;

/** Reads "SIGTERM", "term", "15", "RTMIN+3" or "RTMAX-1"; throws SIGNAL_INVALID. */
export function parseSignal(text: string): number {
  const number = /^\d+$/.test(text) ? Number(text) : named(text.toUpperCase().replace(/^SIG/, ""));
  if (number === undefined || number < 1 || number > RTMAX) throw new Failure("SIGNAL_INVALID", { text });
  return number;
}

function named(name: string): number | undefined {
  const [, base, offset = "0"] = /^(RTMIN|RTMAX)([+-]\d+)?$/.exec(name) ?? [];
  if (base !== undefined) {
    const number = (base === "RTMIN" ? RTMIN : RTMAX) + Number(offset);
    return number >= RTMIN ? number : undefined;
  }
  return (constants.signals as Readonly<Record<string, number>>)[`SIG${name}`];
}
