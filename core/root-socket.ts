import { resolve } from "node:path";
import { sha256 } from "./sha256.ts";

/** Only root writes there: who finds a daemon by it need not ask who that is. */
const FOLDER = "/run/slipway";

/** By this name, a link, the socket of the daemon that owns a state root is found. */
export const rootSocket = (root: string): string =>
  `${FOLDER}/${sha256(resolve(root)).toString("hex").slice(0, 16)}.sock`;
