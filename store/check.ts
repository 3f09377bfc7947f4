import { createHash } from "node:crypto";
import { createReadStream, existsSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import type { Database } from "better-sqlite3";
import { algorithmOf, DIGEST_ALGORITHMS, type Digest, finishDigest, hexOf } from "../core/digest.ts";
import type { Abortable } from "../core/streams.ts";
import { unionOfViews } from "./collect.ts";
import { ownerOfTemporary } from "./content/temporary.ts";
import type { ContentStore } from "./content-store.ts";
import { query } from "./database.ts";
import { isAlive } from "./owner.ts";
import type { Paths } from "./paths.ts";
import { findDerived } from "./snapshots/derived-trees.ts";
import type { StoreReport } from "./types.ts";

export interface CheckParts {
  readonly paths: Paths;
  readonly database: Database;
  readonly content: ContentStore;
}
interface Finding {
  readonly checked: number;
  readonly problems: readonly string[];
}
type Check = (
  parts: CheckParts,
  options: { readonly quick?: boolean } & Abortable,
) => Finding | Promise<Finding>;

/** What is looked at, under the name it is counted by. A process working beside may be in the middle of something: see each. */
const CHECKS: Readonly<Record<string, Check>> = {
  database: checkDatabase,
  blobs: checkBlobs,
  files: checkFiles,
  references: checkReferences,
  layers: checkDerived,
  snapshots: checkSnapshots,
  leases: checkLeases,
  temporary: checkTemporary,
};

export async function checkStore(
  parts: CheckParts,
  options: { readonly quick?: boolean } & Abortable,
): Promise<StoreReport> {
  const checked: Record<string, number> = {};
  const problems: string[] = [];
  for (const [name, check] of Object.entries(CHECKS)) {
    options.signal?.throwIfAborted();
    const found = await check(parts, options);
    checked[name] = found.checked;
    problems.push(...found.problems);
  }
  return { checked, problems };
}

function checkDatabase({ database }: CheckParts): Finding {
  const integrity = query<{ integrity_check: string }>(database, "PRAGMA integrity_check(20)").all();
  const foreign = query<{ table: string; parent: string }>(database, "PRAGMA foreign_key_check").all();
  const problems = [
    ...integrity.map((row) => row.integrity_check).filter((line) => line !== "ok"),
    ...foreign.map(({ table, parent }) => `a row of ${table} names a row of ${parent} that is missing`),
  ];
  return { checked: 1, problems: problems.map((line) => `database: ${line}`) };
}

/** Row by row: the file, its size and, unless quick, its digest. A blob collected meanwhile is no problem. */
async function checkBlobs(
  { paths, database, content }: CheckParts,
  options: { readonly quick?: boolean } & Abortable,
): Promise<Finding> {
  const problems: string[] = [];
  let checked = 0;
  for (const { digest, size } of content.list()) {
    options.signal?.throwIfAborted();
    checked += 1;
    const wrong = await wrongWithBlob(paths.blob(digest), { digest, size }, options);
    const known = query(database, "SELECT 1 FROM blobs WHERE digest = ? AND doomed = 0").get(digest);
    if (wrong !== undefined && known !== undefined) problems.push(`blob ${digest}: ${wrong}`);
  }
  return { checked, problems };
}

async function wrongWithBlob(
  path: string,
  want: { readonly digest: Digest; readonly size: number },
  options: { readonly quick?: boolean } & Abortable,
): Promise<string | undefined> {
  const file = statSync(path, { throwIfNoEntry: false });
  if (file === undefined) return "its file is missing";
  if (file.size !== want.size) return `its file has ${file.size} bytes, expected ${want.size}`;
  if (options.quick === true) return undefined;
  const algorithm = algorithmOf(want.digest);
  const hash = createHash(algorithm);
  const stream = createReadStream(path, { highWaterMark: 1 << 20, signal: options.signal });
  for await (const chunk of stream) hash.update(chunk as Buffer);
  const got = finishDigest(hash, algorithm);
  return got === want.digest ? undefined : `its file has the digest ${got}`;
}

/** A file is renamed into place inside the transaction that makes its row, so one without is a leftover. */
function checkFiles({ paths, database }: CheckParts): Finding {
  const files = DIGEST_ALGORITHMS.flatMap((algorithm) =>
    readdirSync(paths.blobs(algorithm)).map((name) => ({ algorithm, name })),
  );
  const problems = files
    .filter(({ algorithm, name }) => {
      const row = query(database, "SELECT 1 FROM blobs WHERE digest = ?").get(`${algorithm}:${name}`);
      return row === undefined && existsSync(join(paths.blobs(algorithm), name));
    })
    .map(({ algorithm, name }) => `file blobs/${algorithm}/${name}: nothing knows it`);
  return { checked: files.length, problems };
}

function checkReferences({ database }: CheckParts): Finding {
  const roots = unionOfViews(database, "roots_*", "digest");
  const missing = query<{ digest: string }>(
    database,
    `SELECT digest FROM (${roots}) AS roots
     WHERE digest IS NOT NULL AND NOT EXISTS (SELECT 1 FROM blobs WHERE blobs.digest = roots.digest AND doomed = 0)`,
  ).all();
  const { count } = query<{ count: number }>(database, `SELECT count(*) AS count FROM (${roots})`).get() ?? {
    count: 0,
  };
  return {
    checked: count,
    problems: missing.map(({ digest }) => `${ownersOf(database, digest)}: ${digest} is missing`),
  };
}

/** The images that need a blob, for a message. */
function ownersOf(database: Database, digest: string): string {
  const images = query<{ id: string }>(
    database,
    `SELECT id FROM images WHERE id = :digest OR manifest_digest = :digest
       OR EXISTS (SELECT 1 FROM json_each(images.layers) WHERE value = :digest)`,
  ).all({ digest });
  return images.length === 0 ? "a record" : `image ${images.map(({ id }) => id).join(", ")}`;
}

function checkDerived({ paths, database }: CheckParts): Finding {
  const rows = query<{ id: Digest }>(database, "SELECT id FROM derived").all();
  const known = new Set(rows.map(({ id }) => hexOf(id)));
  const missing = rows.filter(({ id }) => findDerived(paths.layer(id)) === undefined);
  // Renamed into place just before its row is made: looked at twice.
  const stray = readdirSync(paths.layers).filter((name) => {
    if (name === "empty" || known.has(name)) return false;
    return query(database, "SELECT 1 FROM derived WHERE id = ?").get(`sha256:${name}`) === undefined;
  });
  return {
    checked: rows.length,
    problems: [
      ...missing.map(({ id }) => `layer ${id}: what was made of it is missing or damaged`),
      ...stray.map((name) => `directory layers/${name}: nothing knows it`),
    ],
  };
}

function checkSnapshots({ paths, database }: CheckParts): Finding {
  const rows = query<{ key: string }>(database, "SELECT key FROM snapshots").all();
  const known = new Set(rows.map(({ key }) => key));
  const owned = new Set(
    query<{ key: string }>(database, unionOfViews(database, "owners_*", "key"))
      .all()
      .map(({ key }) => key),
  );
  return {
    checked: rows.length,
    problems: [
      ...rows
        .filter(({ key }) => !existsSync(paths.snapshot(key)))
        .map(({ key }) => `snapshot ${key}: its directory is missing`),
      ...rows.filter(({ key }) => !owned.has(key)).map(({ key }) => `snapshot ${key}: nothing owns it`),
      ...readdirSync(paths.snapshots)
        .filter((key) => !known.has(key))
        .map((key) => `directory snapshots/${key}: nothing knows it`),
    ],
  };
}

function checkLeases({ database }: CheckParts): Finding {
  const rows = query<{ what: string; owner: string }>(database, "SELECT what, owner FROM leases").all();
  const dead = rows.filter(({ owner }) => !isAlive(owner));
  return {
    checked: rows.length,
    problems: dead.map(({ what }) => `lease of ${what}: its process is gone`),
  };
}

function checkTemporary({ paths }: CheckParts): Finding {
  const names = readdirSync(paths.ingest);
  const dead = names.filter((name) => !isAlive(ownerOfTemporary(name)));
  return { checked: names.length, problems: dead.map((name) => `file ingest/${name}: its process is gone`) };
}
