import { createHash } from "node:crypto";
import { resolve } from "node:path";

/** Only root writes there: who finds a daemon by it need not ask who that is. */
const FOLDER = "/run/slipway";

/** By this name, a link, the socket of the daemon that owns a state root is found. */
export const rootSocket = (root: string): string =>
  `${FOLDER}/${createHash("sha256").update(resolve(root)).digest("hex").slice(0, 16)}.sock`;
