import type { BuildCacheEntry } from "../../build-cache-api.ts";

export type Valued = Pick<BuildCacheEntry, "id" | "kind" | "bytes" | "usedAt" | "uses" | "cost" | "parents">;

const DAY_MS = 24 * 60 * 60 * 1000;
/** Where nobody knows how long something took: as if its bytes came over a network. */
const FETCHED_PER_MS = 10_000;
const LEAST_BYTES = 4096;

/**
 * What each thing is worth a byte: the milliseconds that a build would lose without it, times how likely one is to want it. Something that others
 * were made on counts with the costliest chain of them, since they are of no use when it is made again and comes out differently. What a failed
 * step left is worth nothing to builds.
 */
export function worthOf(things: readonly Valued[], now: number): ReadonlyMap<string, number> {
  const chains = chainCosts(things);
  return new Map(
    things.map((thing) => {
      const { id, bytes } = thing;
      return [id, ((chains.get(id) ?? 0) * likelihood(thing, now)) / Math.max(bytes, LEAST_BYTES)];
    }),
  );
}

/** Falls with the days since the last use, the slower the more often it was used. */
function likelihood({ uses, usedAt }: Valued, now: number): number {
  const days = Math.max(0, now - usedAt.getTime()) / DAY_MS;
  const times = Math.max(1, uses);
  return times / (times + days);
}

const ownCost = ({ kind, cost, bytes }: Valued): number =>
  kind === "failure" ? 0 : cost > 0 ? cost : bytes / FETCHED_PER_MS;

function chainCosts(things: readonly Valued[]): ReadonlyMap<string, number> {
  const children = new Map<string, Valued[]>();
  for (const thing of things)
    for (const parent of thing.parents) children.set(parent, [...(children.get(parent) ?? []), thing]);
  const costs = new Map<string, number>();
  // Equal results can have led to each other: a loop ends where it began.
  const visit = (thing: Valued): number => {
    const known = costs.get(thing.id);
    if (known !== undefined) return known;
    const own = ownCost(thing);
    costs.set(thing.id, own);
    const above = Math.max(0, ...(children.get(thing.id) ?? []).map(visit));
    costs.set(thing.id, own + above);
    return own + above;
  };
  for (const thing of things) visit(thing);
  return costs;
}
