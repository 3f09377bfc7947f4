import type { Database } from "better-sqlite3";
import type { Digest } from "../../../core/digest.ts";
import { query } from "../../../store/database.ts";
import type { Page, Referrer } from "../registry-metadata.ts";

interface Row {
  readonly digest: Digest;
  readonly mediaType: string;
  readonly size: number;
  readonly artifactType: string | null;
  readonly annotations: string | null;
}

export function referrersOf(
  database: Database,
  asked: Page & { readonly repository: string; readonly digest: Digest; readonly artifactType?: string },
): readonly Referrer[] {
  const { repository, digest, artifactType = null, last = "", limit } = asked;
  return query<Row>(
    database,
    `SELECT digest, media_type AS mediaType, size, artifact_type AS artifactType, annotations
     FROM registry_manifests
     WHERE repository = :repository AND subject = :digest AND digest > :last
       AND (:artifactType IS NULL OR artifact_type = :artifactType)
     ORDER BY digest LIMIT :limit`,
  )
    .all({ repository, digest, artifactType, last, limit })
    .map((row) => ({
      mediaType: row.mediaType,
      digest: row.digest,
      size: row.size,
      ...(row.artifactType === null ? {} : { artifactType: row.artifactType }),
      ...(row.annotations === null
        ? {}
        : { annotations: JSON.parse(row.annotations) as Readonly<Record<string, string>> }),
    }));
}
