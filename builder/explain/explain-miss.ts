import type { Removal } from "../cache/cache-records.ts";
import type { Part, Preimage } from "../cache/preimage.ts";
import { differenceOfFiles } from "./difference-of-files.ts";
import { differenceOfLists } from "./difference-of-lists.ts";

/** Why a step was performed rather than found in the cache. */
export interface Cause {
  readonly kind: "never-built" | "evicted" | "no-cache" | "changed";
  /** What differs, as the key names it: "files", "environment", "root filesystem". */
  readonly part?: string;
  readonly text: string;
}

/** What is known of a step that was performed. */
export interface Miss {
  readonly now: Preimage;
  /** The same step of the former build; undefined when there was none. */
  readonly former: Preimage | undefined;
  /** Why the root filesystem below it is another one. */
  readonly below: string;
  /** Why the result that the same step had was removed, and when, if that is known. */
  readonly removal?: Removal | undefined;
  /** The listing behind a digest of files. */
  readonly listing: (digest: string) => string | undefined;
}

/** The first thing in which a step differs from what it was in the former build. */
export function explainMiss({ now, former, below, removal, listing }: Miss): Cause {
  if (former === undefined) return { kind: "never-built", text: "it was never built" };
  const pair = firstDifference(former, now);
  if (pair === undefined) return { kind: "evicted", text: removalText(removal) };
  const { name, before, after } = pair;
  if (name === "root filesystem") return { kind: "changed", part: name, text: below };
  const files = filesText(before, after, listing);
  if (files !== undefined) return { kind: "changed", part: name, text: files };
  const list = differenceOfLists(before, after);
  const text =
    list === undefined ? `${name} changed from ${shown(before)} to ${shown(after)}` : `${name}: ${list}`;
  return { kind: "changed", part: name, text };
}

const removalText = (removal: Removal | undefined): string =>
  removal === undefined
    ? "its result was removed from the cache since it was built"
    : `its result was evicted from the cache at ${removal.at.toISOString()} ${removal.why}`;

interface Difference {
  readonly name: string;
  readonly before: unknown;
  readonly after: unknown;
}

function firstDifference(former: Preimage, now: Preimage): Difference | undefined {
  for (const parts of ["definition", "inputs"] as const) {
    const before = new Map<string, Part[1]>(former[parts]);
    const after = new Map<string, Part[1]>(now[parts]);
    for (const name of new Set([...after.keys(), ...before.keys()])) {
      if (JSON.stringify(before.get(name)) !== JSON.stringify(after.get(name)))
        return { name, before: before.get(name), after: after.get(name) };
    }
  }
  return undefined;
}

function filesText(before: unknown, after: unknown, listing: Miss["listing"]): string | undefined {
  if (typeof before !== "string" || typeof after !== "string") return undefined;
  const [former, now] = [listing(before), listing(after)];
  return former === undefined || now === undefined ? undefined : differenceOfFiles(former, now);
}

const MAX_SHOWN = 120;

function shown(value: unknown): string {
  const text = value === undefined ? "nothing" : JSON.stringify(value);
  return text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}…` : text;
}
