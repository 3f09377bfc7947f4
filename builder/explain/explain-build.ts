import { query } from "../../store/database.ts";
import type { Store } from "../../store/types.ts";
import { CacheRecords, type RecordKey } from "../cache/cache-records.ts";
import type { Preimage } from "../cache/preimage.ts";
import { inputsOf, type LayerStep, type Outcomes, type Plan, type Step } from "../plan/step.ts";
import { type Cause, explainMiss } from "./explain-miss.ts";
import { FormerBuilds, type FormerStep, matchSteps } from "./former-builds.ts";

export interface ExplainedStep {
  readonly id: string;
  readonly name: string;
  readonly cause: Cause;
}

interface Ended {
  readonly plan: Plan;
  readonly outcomes: Outcomes;
  /** Says which builds are the same one again. */
  readonly build: string;
  readonly noCache: boolean;
}

/**
 * Remembers a build for the next one. What it returns explains every step that was performed; not asked, it costs nothing, as a build without misses
 * does.
 */
export function explainBuild(
  store: Pick<Store, "database">,
  { plan, outcomes, build, noCache }: Ended,
  clock: () => number,
): () => readonly ExplainedStep[] {
  const made = plan.steps.filter(isLayerStep);
  const missed = made.filter(({ id }) => outcomes.get(id)?.cached === false);
  if (missed.length === 0) return () => [];
  const builds = new FormerBuilds(store.database, clock);
  const former = builds.find(build);
  const preimageOf = preimages(store, outcomes);
  const steps = made.flatMap(({ id }): FormerStep[] => {
    const preimage = preimageOf(id);
    return preimage === undefined ? [] : [{ id, preimage }];
  });
  builds.put(build, steps);
  const records = new CacheRecords(store.database, clock);
  const removalOf = (key: RecordKey | undefined) => (key === undefined ? undefined : records.removal(key));
  const causeOf = (step: LayerStep, matches: ReturnType<typeof matchSteps>): Cause => {
    if (noCache) return { kind: "no-cache", text: "the build was told to use no cache" };
    if (step.uncached === true)
      return { kind: "no-cache", text: "the build was told to use no cache for its stage" };
    const now = steps.find(({ id }) => id === step.id);
    if (now === undefined) return { kind: "changed", text: "its sources changed while they were read" };
    return explainMiss({
      now: now.preimage,
      former: matches.get(step.id)?.preimage,
      below: belowText(step, plan, outcomes),
      removal: removalOf(outcomes.get(step.id)?.key),
      listing: (digest) => listingOf(store, digest),
    });
  };
  return () => {
    const matches = matchSteps(steps, former);
    return missed.map((step) => ({ id: step.id, name: step.name, cause: causeOf(step, matches) }));
  };
}

const isLayerStep = (step: Step): step is LayerStep => step.kind !== "image";

/** What a step's key was made of, from its record. */
function preimages(
  { database }: Pick<Store, "database">,
  outcomes: Outcomes,
): (id: string) => Preimage | undefined {
  const find = query<{ preimage: string }>(
    database,
    "SELECT preimage FROM cache_records WHERE definition = ? AND inputs = ?",
  );
  return (id) => {
    const key = outcomes.get(id)?.key;
    const row = key === undefined ? undefined : find.get(key.definition, key.inputs);
    return row === undefined ? undefined : (JSON.parse(row.preimage) as Preimage);
  };
}

const listingOf = ({ database }: Pick<Store, "database">, digest: string): string | undefined =>
  query<{ files: string }>(database, "SELECT files FROM content_listings WHERE digest = ?").get(digest)
    ?.files;

/** Why the root filesystem below a step is another one: what is next below it and not the same. */
function belowText(step: LayerStep, { steps }: Plan, outcomes: Outcomes): string {
  const below = steps.filter(({ id }) => inputsOf(step).includes(id));
  const missed = below.find(({ id }) => outcomes.get(id)?.cached === false);
  if (missed !== undefined) return `it follows ${missed.name}, which was performed again`;
  const image = below.find(({ kind }) => kind === "image");
  return image?.kind === "image"
    ? `the image ${image.image.reference} is another one now`
    : "what it builds on is not what it was";
}
