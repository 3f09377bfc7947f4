import { rmSync } from "node:fs";
import { type Digest, hexOf } from "../../core/digest.ts";
import type { MountableLayer } from "../snapshotter.ts";
import { derivedPath } from "./derived-trees.ts";
import { readIndexRoot, writeIndex } from "./erofs-index.ts";
import type { LowerSource } from "./overlay.ts";
import { unpackInto } from "./overlay2.ts";
import type { DriverParts } from "./snapshot-driver.ts";

/**
 * Each layer's tar mounted as it is, by an index in layers/<hex>/layer.erofs that points into it. A layer that is there as a directory, such as
 * a step of a build leaves one, is stacked as that; one that cannot be indexed, as it has sparse entries, is unpacked.
 */
export class IndexedLayers implements LowerSource {
  readonly name = "erofs";
  /** Lower directories are filesystems of their own here: without it, two of their files could show one inode number. */
  readonly options = ["xino=auto"];
  readonly #parts: DriverParts;

  constructor(parts: DriverParts) {
    this.#parts = parts;
  }

  async lower(diffId: Digest, signal?: AbortSignal): Promise<MountableLayer> {
    const { content, derived } = this.#parts;
    const make = (folder: string): Promise<void> => this.#make(folder, diffId);
    const wanted = { layers: [diffId], forms: ["tree", "index"], make } as const;
    const { form, path } = await derived.ensure(diffId, wanted, signal);
    if (form === "tree") return { path };
    // A name, under which the overlay finds the mount: nothing is there.
    const target = `/layers/${hexOf(diffId)}`;
    const options = ["ro", `device=${content.path(diffId)}`];
    return {
      path: target,
      mount: { type: "erofs", source: path, target, options },
      root: () => readIndexRoot(path),
    };
  }

  async #make(folder: string, diffId: Digest): Promise<void> {
    const { content, kernel } = this.#parts;
    const path = derivedPath(folder, "index");
    const { unfit } = await writeIndex(kernel, { tar: content.path(diffId), path }, diffId);
    if (unfit === undefined) return;
    rmSync(path);
    await unpackInto(folder, this.#parts, diffId);
  }
}
