import { Readable } from "node:stream";
import { Failure } from "../../core/errors.ts";
import { underPrefix } from "../../core/own-ids.ts";
import type { BuildEvent, BuildResult } from "../../engine/api.ts";
import type { Output } from "../build-options/outputs.ts";
import { type PreparedBuild, prepareBuild } from "../build-options/prepare.ts";
import { metadataOf, writeOutputs } from "../build-options/write-outputs.ts";
import type { Context } from "../context.ts";
import type { Target } from "./attributes.ts";
import { type Chosen, linksOf } from "./definition.ts";
import { flagsOf } from "./to-flags.ts";

export interface Baking {
  readonly targets: Chosen["targets"];
  readonly allow: readonly string[];
  readonly report: (event: BuildEvent) => void;
  readonly signal: AbortSignal;
}
interface Built {
  readonly name: string;
  readonly outputs: readonly Output[];
  readonly result: BuildResult;
}
type Metadata = Readonly<Record<string, unknown>>;

/**
 * Builds all targets at once, each after those it takes as contexts; steps that several have are performed once. The first failure ends the others.
 * Resolves with the metadata of each. Rejects with BAKE_CYCLE and with what a build rejects with.
 */
export async function buildTargets(context: Context, baking: Baking): Promise<ReadonlyMap<string, Metadata>> {
  const { targets } = baking;
  for (const name of targets.keys()) refuseCycle(targets, [name]);
  const stop = new AbortController();
  const signal = AbortSignal.any([baking.signal, stop.signal]);
  const building = new Map<string, Promise<Built>>();
  const start = (name: string): Promise<Built> => {
    const known = building.get(name) ?? build(name).catch(fail);
    building.set(name, known);
    return known;
  };
  const fail = (error: unknown): never => {
    stop.abort(error);
    throw error;
  };
  const build = async (name: string): Promise<Built> => {
    const target = targets.get(name) ?? {};
    const links = await Promise.all(linksOf(target).map(async (link) => [link, await start(link)] as const));
    return buildOne(context, { ...baking, name, target, signal, links: new Map(links) });
  };
  const all = [...targets.keys()].map(start);
  await Promise.allSettled(all);
  if (stop.signal.aborted) throw stop.signal.reason;
  const built = await Promise.all(all);
  return writeAll(context, built, signal);
}

function refuseCycle(targets: Chosen["targets"], path: readonly string[]): void {
  for (const link of linksOf(targets.get(path.at(-1) ?? "") ?? {})) {
    if (path.includes(link)) throw new Failure("BAKE_CYCLE", { path: [...path, link].join(" -> ") });
    refuseCycle(targets, [...path, link]);
  }
}

interface OneTarget extends Pick<Baking, "allow" | "report" | "signal"> {
  readonly name: string;
  readonly target: Target;
  /** The results of the targets that it takes as contexts. */
  readonly links: ReadonlyMap<string, Built>;
}

async function buildOne(context: Context, { links, report, ...one }: OneTarget): Promise<Built> {
  const { name, target, signal } = one;
  await using prepared = await prepareTarget(context, one);
  const { builds } = await context.engine();
  const contexts = { ...prepared.request.contexts };
  for (const [key, source] of Object.entries(target.contexts ?? {})) {
    const linked = links.get(source.slice("target:".length));
    if (linked !== undefined) contexts[key] = { kind: "image", reference: linked.result.image };
  }
  const result = await builds.build({ ...prepared.request, contexts }, named(name, report), { signal });
  return { name, outputs: prepared.outputs, result };
}

/** What a target asks `build` for. */
export function prepareTarget(
  context: Context,
  { name, target, allow, signal }: Pick<OneTarget, "name" | "target" | "allow" | "signal">,
): Promise<PreparedBuild> {
  const inline = target["dockerfile-inline"];
  const own =
    inline === undefined ? context : { ...context, stdin: () => Readable.from([Buffer.from(inline)]) };
  return prepareBuild(own, target.context ?? ".", flagsOf(name, target, allow), signal);
}

/** Steps of several targets have ids of their own, and names that say whose they are. */
function named(target: string, report: Baking["report"]): Baking["report"] {
  return (event) => {
    if (event.type === "result" || event.type === "instructions") return;
    const own = underPrefix(target, event);
    report(own.type === "step" ? { ...own, name: own.name.replace(/^\[/, `[${target} `) } : own);
  };
}

async function writeAll(
  context: Context,
  built: readonly Built[],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, Metadata>> {
  const { images } = await context.engine();
  const metadata = new Map<string, Metadata>();
  for (const { name, outputs, result } of built) {
    const writing = { context, images, quiet: false, signal };
    const pushed = await writeOutputs(outputs, result, writing);
    metadata.set(name, await metadataOf({ ...result, pushed }, writing));
  }
  return metadata;
}
