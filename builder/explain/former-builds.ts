import type { Database } from "better-sqlite3";
import { digestOf } from "../../core/digest.ts";
import { query } from "../../store/database.ts";
import type { Preimage } from "../cache/preimage.ts";

/** A step as it was in a build. */
export interface FormerStep {
  readonly id: string;
  readonly preimage: Preimage;
}

/** What the steps of each build were made of when it last ended well, so that the next one can say what has changed. */
export class FormerBuilds {
  readonly #database: Database;
  readonly #now: () => number;

  constructor(database: Database, now: () => number) {
    this.#database = database;
    this.#now = now;
  }

  /** `build` says which builds are the same one again. */
  find(build: string): readonly FormerStep[] {
    const row = query<{ steps: string }>(
      this.#database,
      "SELECT steps FROM former_builds WHERE build = ?",
    ).get(digestOf(build));
    return row === undefined ? [] : (JSON.parse(row.steps) as readonly FormerStep[]);
  }

  put(build: string, steps: readonly FormerStep[]): void {
    query(this.#database, "INSERT OR REPLACE INTO former_builds (build, steps, used) VALUES (?, ?, ?)").run(
      digestOf(build),
      JSON.stringify(steps),
      this.#now(),
    );
  }
}

/**
 * For each step, by its id, the step of a former build that it was: one that did exactly the same, and of those left over the next one of the
 * same stage and instruction.
 */
export function matchSteps(
  steps: readonly FormerStep[],
  former: readonly FormerStep[],
): ReadonlyMap<string, FormerStep> {
  const matches = new Map<string, FormerStep>();
  const left = new Set(former);
  for (const nameOf of [exactly, stageAndInstruction]) {
    for (const step of steps) {
      if (matches.has(step.id)) continue;
      const found = [...left].find((other) => nameOf(other) === nameOf(step));
      if (found === undefined) continue;
      matches.set(step.id, found);
      left.delete(found);
    }
  }
  return matches;
}

const exactly = ({ preimage }: FormerStep): string => JSON.stringify(preimage.definition);
const stageAndInstruction = ({ id, preimage }: FormerStep): string =>
  JSON.stringify([id.split(".")[0], preimage.definition[0]]);
