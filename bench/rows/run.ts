import type { Contender } from "../contender.ts";
import type { Row } from "../row.ts";

/** What a container costs that does nothing. */
export const run: Row = { name: "run", command: (contender) => contender.run?.() };

const runByClient = (contender: Contender) => contender.runByClient?.();

/** The same where a daemon does the work, on its default network. */
export const clientRun: Row = { name: "run by client", warmUp: runByClient, command: runByClient };
