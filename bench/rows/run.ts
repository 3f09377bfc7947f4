import type { Row } from "../row.ts";

/** What a container costs that does nothing. */
export const run: Row = { name: "run", command: (contender) => contender.run?.() };
