import { createReadStream } from "node:fs";
import type { BaseImage } from "../../../builder/ports.ts";
import type { Digest } from "../../../core/digest.ts";
import type { BuildFixture } from "../support/build-fixture.ts";
import { added, type Base, commonBase } from "./added.ts";
import { failureFacts, type ImageFacts, type Tree } from "./image-facts.ts";
import { instructionAt } from "./instruction-at.ts";
import { aboveBase, documentFacts, treeFacts } from "./layers-facts.ts";
import type { PreparedCase } from "./prepared.ts";

/** Builds a case as if nothing had been built before: what there is above its base image. */
export async function buildCase(fixture: BuildFixture, prepared: PreparedCase): Promise<ImageFacts> {
  const { each, context, text, base } = prepared;
  const below = base === undefined ? undefined : fixture.images.get(fixture.alias(base));
  // A result of another case that differs in times alone would be taken.
  await fixture.emptyCache();
  // The fixture has a clock of its own, the files that it makes on the way have the real one's times.
  const start = Math.floor(Math.min(fixture.now, Date.now()) / 1000) * 1000;
  try {
    const { config } = await fixture.build([text], { context, buildArgs: each.buildArgs ?? {} });
    const layers = config.rootfs.diff_ids.slice(below?.layers.length ?? 0);
    const tree = await layersTree(fixture, layers, start);
    const document = documentFacts(below === undefined ? config : aboveBase(config, below.config));
    return { tree: below === undefined ? tree : added(tree, await baseTree(fixture, below)), document };
  } catch (error) {
    return failureFacts(instructionAt(text, error));
  }
}

const bases = new WeakMap<BaseImage, Promise<Base>>();

function baseTree(fixture: BuildFixture, base: BaseImage): Promise<Base> {
  const known =
    bases.get(base) ?? layersTree(fixture, base.layers, Date.now()).then((tree) => commonBase([tree]));
  bases.set(base, known);
  return known;
}

const layersTree = (fixture: BuildFixture, layers: readonly Digest[], start: number): Promise<Tree> =>
  treeFacts(
    layers.map((layer) => createReadStream(fixture.store.content.path(layer))),
    start,
  );
