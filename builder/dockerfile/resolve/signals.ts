import { constants } from "node:os";

/** The real-time signals as Docker names them: RTMIN+1, RTMAX-3. */
const REAL_TIME = /^RTM(?:IN(?:\+(?:[1-9]|1[0-5]))?|AX(?:-(?:[1-9]|1[0-4]))?)$/;
/** Names Linux knows beside those of Node. */
const ALIASES = new Set(["CLD", "STKFLT"]);

/** True for "SIGTERM", "term", "RTMIN+3" and numbers but 0. */
export function isSignal(text: string): boolean {
  if (/^[+-]?\d+$/.test(text)) return Number(text) !== 0;
  const name = text.toUpperCase().replace(/^SIG/, "");
  return Object.hasOwn(constants.signals, `SIG${name}`) || ALIASES.has(name) || REAL_TIME.test(name);
}
