import type { CacheKind } from "../../core/build-cache.ts";
import type { Digest } from "../../core/digest.ts";
import type { Preimage } from "./preimage.ts";

/** Something that the cache keeps on the disk. */
export interface CacheUse {
  /** A diff id, or the name of a cache mount's directory. */
  readonly id: string;
  /** Of a step's result; images may have it as well. */
  readonly layer?: Digest;
  readonly kind: Exclude<CacheKind, "failure">;
  /** For people: the instruction, or what the mount is for. */
  readonly description: string;
  /** On the disk, with all that was made of it. */
  readonly bytes: number;
  readonly createdAt: Date;
  readonly usedAt: Date;
  /** How often it was made or found. */
  readonly uses: number;
  /** Milliseconds that it took to make; 0 when that is not known. */
  readonly cost: number;
  /** The things of the cache that it was made on. */
  readonly parents: readonly string[];
  /** True while a build has it, so that it cannot be removed. */
  readonly inUse: boolean;
}

/** What follows the instruction in a description. */
const SHOWN = ["arguments", "destination", "path", "sources"];

/** "RUN /bin/sh -c make", of a record's preimage. */
export function describeStep(preimage: string): string {
  const { definition } = JSON.parse(preimage) as Preimage;
  const parts = new Map(definition);
  return ["instruction", ...SHOWN]
    .flatMap((name) => [parts.get(name) ?? []].flat())
    .map((word) => (typeof word === "string" ? word : JSON.stringify(word)))
    .join(" ");
}
