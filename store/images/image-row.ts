import type { Digest } from "../../core/digest.ts";
import { familiarReference, parseReference } from "../../core/reference.ts";
import type { ImageRecord } from "../types.ts";

/** A row of the table of images. */
export interface ImageRow {
  readonly id: Digest;
  readonly manifest_digest: Digest;
  readonly manifest_type: string;
  readonly manifest_size: number;
  readonly layers: string;
  readonly size: number;
  readonly created: number;
}

/** `names`: as their tables have them. */
export function toRecord(
  row: ImageRow,
  names: Readonly<Record<"tags" | "digests" | "lists", readonly string[]>>,
): ImageRecord {
  const familiar = (list: readonly string[]): readonly string[] =>
    list.map((reference) => familiarReference(parseReference(reference))).sort();
  return {
    id: row.id,
    manifest: { mediaType: row.manifest_type, digest: row.manifest_digest, size: row.manifest_size },
    layers: JSON.parse(row.layers) as readonly Digest[],
    size: row.size,
    createdAt: new Date(row.created),
    tags: familiar(names.tags),
    digests: familiar(names.digests),
    lists: familiar(names.lists),
  };
}
