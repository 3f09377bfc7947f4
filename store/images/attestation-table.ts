import type { Database } from "better-sqlite3";
import type { Digest } from "../../core/digest.ts";
import { Failure } from "../../core/errors.ts";
import type { AttestationKind, Predicate } from "../../image/attestations/statement.ts";
import type { FileContentStore } from "../content/file-content-store.ts";
import { durably, query } from "../database.ts";
import type { AttestationRecord, AttestationStore, Leases } from "../types.ts";

export interface AttestationTableParts {
  readonly database: Database;
  readonly content: FileContentStore;
  readonly leases: Leases;
}

/** The attestations of images as rows; their images' rows take them along. */
export class AttestationTable implements AttestationStore {
  readonly #database: Database;
  readonly #content: FileContentStore;
  readonly #leases: Leases;

  constructor({ database, content, leases }: AttestationTableParts) {
    this.#database = database;
    this.#content = content;
    this.#leases = leases;
  }

  async set(
    image: Digest,
    predicates: Readonly<Partial<Record<AttestationKind, Predicate | undefined>>>,
  ): Promise<void> {
    await using _lease = this.#leases.open(`attesting ${image}`);
    const rows: { readonly kind: string; readonly type: string; readonly digest: Digest }[] = [];
    for (const [kind, predicate] of Object.entries(predicates)) {
      if (predicate === undefined) continue;
      const { digest } = await this.#content.put(predicate.document, { sync: false });
      rows.push({ kind, type: predicate.type, digest });
    }
    await this.#content.flush();
    durably(this.#database, () => {
      if (query(this.#database, "SELECT 1 FROM images WHERE id = ?").get(image) === undefined)
        throw new Failure("IMAGE_UNKNOWN", { reference: image });
      for (const kind of Object.keys(predicates))
        query(this.#database, "DELETE FROM image_attestations WHERE image = ? AND kind = ?").run(image, kind);
      for (const { kind, type, digest } of rows)
        query(
          this.#database,
          "INSERT INTO image_attestations (image, kind, type, predicate) VALUES (?, ?, ?, ?)",
        ).run(image, kind, type, digest);
    });
  }

  list(image: Digest): readonly AttestationRecord[] {
    return query<AttestationRecord>(
      this.#database,
      "SELECT kind, type, predicate FROM image_attestations WHERE image = ? ORDER BY kind",
    ).all(image);
  }

  read(image: Digest): Promise<readonly (Predicate & { readonly kind: AttestationKind })[]> {
    return Promise.all(
      this.list(image).map(async ({ kind, type, predicate }) => ({
        kind,
        type,
        document: await this.#content.readDocument(predicate),
      })),
    );
  }
}
