import { closeSync, constants, openSync } from "node:fs";
import type { Digest } from "../../core/digest.ts";
import type { MountableLayer } from "../snapshotter.ts";
import { makeTree } from "./derived-trees.ts";
import type { LowerSource } from "./overlay.ts";
import type { DriverParts } from "./snapshot-driver.ts";

/** Each layer unpacked once into layers/<hex>/fs. */
export class UnpackedLayers implements LowerSource {
  readonly name = "overlay2";
  readonly options = [];
  readonly #parts: DriverParts;

  constructor(parts: DriverParts) {
    this.#parts = parts;
  }

  async lower(diffId: Digest, signal?: AbortSignal): Promise<MountableLayer> {
    const make = (folder: string): Promise<void> => unpackInto(folder, this.#parts, diffId);
    const wanted = { layers: [diffId], forms: ["tree"], make } as const;
    const { path } = await this.#parts.derived.ensure(diffId, wanted, signal);
    return { path };
  }
}

/** Unpacks a layer into a folder of DerivedTrees. */
export async function unpackInto(
  folder: string,
  { content, kernel }: Pick<DriverParts, "content" | "kernel">,
  diffId: Digest,
): Promise<void> {
  await makeTree(folder, async (target) => {
    const tar = openSync(content.path(diffId), constants.O_RDONLY);
    try {
      await kernel.unpackLayer(tar, target, { whiteouts: "overlay" });
    } finally {
      closeSync(tar);
    }
  });
}
