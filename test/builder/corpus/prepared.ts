import { lstatSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { parseDockerfile } from "../../../builder/dockerfile/parse.ts";
import { resolveDockerfile } from "../../../builder/dockerfile/resolve/resolve.ts";
import { hostPlatform } from "../../../core/platform.ts";
import type { ImageConfig } from "../../../image/config.ts";
import { added, commonBase } from "./added.ts";
import type { EngineCase, EngineCorpus, Recorded } from "./engine-cases.ts";
import type { Tree } from "./image-facts.ts";

/** A case of the corpus, ready to be built. */
export interface PreparedCase {
  /** Of its record. */
  readonly name: string;
  readonly each: EngineCase;
  /** A folder. */
  readonly context: string;
  /** The newest time in it, in milliseconds: what a builder took from it is not newer, and what it stamped is. */
  readonly newest: number;
  /** The Dockerfile. */
  readonly text: string;
  /** The image that the target lies on; undefined for scratch, and where resolving fails as it is meant to. */
  readonly base: string | undefined;
  readonly recorded: Recorded;
}

/** Unpacks the cases that have a record and whose Dockerfile is `wanted`. */
export async function prepare(
  corpus: EngineCorpus,
  wanted: (dockerfile: string) => boolean,
): Promise<readonly PreparedCase[]> {
  const prepared: PreparedCase[] = [];
  for (const each of corpus.cases) {
    const context = corpus.context(each);
    const text = corpus.dockerfile(each, context);
    if (each.transientMounts !== null || !wanted(text)) continue;
    const base = await baseOf(text, each);
    const newest = newestTime(context);
    const recorded = corpus.recorded(each, { start: newest + 1, onBase: base !== undefined });
    if (recorded === undefined) continue;
    prepared.push({ each, name: corpus.nameOf(each), context, newest, text, recorded, base });
  }
  return withoutBases(prepared);
}

function newestTime(folder: string): number {
  const names = readdirSync(folder, { recursive: true, encoding: "utf8" });
  return Math.max(...["", ...names].map((name) => lstatSync(join(folder, name)).mtimeMs));
}

/** Takes what the recorded images on one base have in common out of them. */
function withoutBases(cases: readonly PreparedCase[]): readonly PreparedCase[] {
  const trees = new Map<string | undefined, Tree[]>();
  for (const { base, recorded } of cases)
    if (base !== undefined && recorded.facts.tree.size > 0)
      trees.set(base, [...(trees.get(base) ?? []), recorded.facts.tree]);
  const bases = new Map([...trees].map(([base, list]) => [base, commonBase(list)] as const));
  return cases.map((one) => {
    const { tree, document } = one.recorded.facts;
    const base = bases.get(one.base);
    const facts = { tree: base === undefined ? tree : added(tree, base), document };
    return { ...one, recorded: { ...one.recorded, facts } };
  });
}

/** Every stage is FROM scratch or an earlier stage, and nothing runs. */
export const needsNothing = (dockerfile: string): boolean =>
  !/^\s*(?:onbuild\s+)?run\b/im.test(dockerfile) &&
  [...dockerfile.matchAll(/^\s*from\s+(?:--\S+\s+)*(\S+)(?:\s+as\s+(\S+))?/gim)].every(
    ([, base = ""], i, all) =>
      base === "scratch" || all.slice(0, i).some(([, , name]) => name?.toLowerCase() === base.toLowerCase()),
  );

async function baseOf(text: string, { buildArgs }: EngineCase): Promise<string | undefined> {
  const image: ImageConfig = { ...hostPlatform(), rootfs: { type: "layers", diff_ids: [] } };
  try {
    const resolved = await resolveDockerfile(parseDockerfile(text), {
      buildArgs: new Map(Object.entries(buildArgs ?? {})),
      buildPlatform: hostPlatform(),
      loadImage: async () => image,
    });
    let { base } = resolved.target;
    while (base.kind === "stage") {
      const { stage } = base;
      base = resolved.stages.find(({ index }) => index === stage)?.base ?? { kind: "scratch" };
    }
    return base.kind === "image" ? base.reference : undefined;
  } catch {
    return undefined;
  }
}
