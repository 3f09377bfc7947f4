import type { Database } from "better-sqlite3";
import type { Digest } from "../../../core/digest.ts";
import { query } from "../../../store/database.ts";
import type { ContentKey, ContentRow } from "../registry-metadata.ts";

interface Row {
  readonly repository: string;
  readonly digest: Digest;
  readonly kind: "blob" | "manifest";
  readonly size: number;
  readonly names: string;
}

/** All content of all repositories in the order of its keys. A digest that is blob and manifest of one repository counts as a manifest. */
export function everything(
  database: Database,
  after: ContentKey | undefined,
  limit: number,
): readonly ContentRow[] {
  return query<Row>(
    database,
    `SELECT repository, digest, 'manifest' AS kind, size,
       (SELECT json_group_array(r.digest) FROM registry_references AS r
        JOIN registry_repositories AS c ON c.name = r.repository AND c.upstream IS NULL
        WHERE r.repository = m.repository AND r.manifest = m.digest AND r.kind = 'blob') AS names
     FROM registry_manifests AS m WHERE (repository, digest) > (:repository, :digest)
     UNION ALL
     SELECT repository, digest, 'blob', size, '[]' FROM registry_blobs AS b
     WHERE (repository, digest) > (:repository, :digest) AND NOT EXISTS
       (SELECT 1 FROM registry_manifests AS m WHERE m.repository = b.repository AND m.digest = b.digest)
     ORDER BY 1, 2 LIMIT :limit`,
  )
    .all({ repository: after?.repository ?? "", digest: after?.digest ?? "", limit })
    .map(({ names, ...row }) => ({ ...row, references: JSON.parse(names) as readonly Digest[] }));
}
