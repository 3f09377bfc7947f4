import { createHash } from "node:crypto";
import { statfsSync } from "node:fs";
import { chmod, mkdir, utimes } from "node:fs/promises";
import { dirname } from "node:path";
import type { Database } from "better-sqlite3";
import { type Digest, finishDigest } from "../../core/digest.ts";
import { Failure } from "../../core/errors.ts";
import { writeFileFrom } from "../../core/write-file.ts";
import { query } from "../../store/database.ts";
import type { HttpAnswer, HttpSource } from "../ports.ts";

/** A file behind a URL. */
export interface HttpFile {
  readonly kind: "http";
  readonly url: string;
  /** Its digest, if that is to be checked; "" otherwise. */
  readonly checksum: string;
}

/** What a URL gave. */
export interface Downloaded {
  readonly digest: Digest;
  /** Seconds since the epoch: when the server says it was changed, else 0. */
  readonly mtime: number;
}

interface Row {
  readonly etag: string | null;
  readonly modified: string | null;
  readonly digest: Digest;
}

/** Of what is free on the disk; what else runs needs some too. */
const SHARE = 0.8;

/** Files by URL: what is known of one is asked for again with its ETag, and need not come a second time. */
export class HttpFiles {
  readonly #database: Database;
  readonly #source: HttpSource;
  readonly #now: () => number;

  constructor(database: Database, source: HttpSource, now: () => number) {
    this.#database = database;
    this.#source = source;
    this.#now = now;
  }

  /**
   * Asks what the URL has now. The content goes to the file `path` unless it is what it was before, when `path` is not made.
   * Rejects with DOWNLOAD_FAILED.
   */
  async look(file: HttpFile, path: string, signal: AbortSignal): Promise<Downloaded> {
    const known = query<Row>(
      this.#database,
      "SELECT etag, modified, digest FROM http_sources WHERE url = ?",
    ).get(file.url);
    const headers = known === undefined ? {} : conditions(known);
    const answer = await this.#source.get(new URL(file.url), headers, { signal });
    if (answer.status !== 304 || known === undefined) return this.#take(file, { answer, path });
    await answer.discard();
    return { digest: known.digest, mtime: timeOf(known.modified) };
  }

  /** Brings the content to the file `path`. Rejects with DOWNLOAD_FAILED. */
  async download(file: HttpFile, path: string, signal: AbortSignal): Promise<Downloaded> {
    const answer = await this.#source.get(new URL(file.url), {}, { signal });
    return this.#take(file, { answer, path });
  }

  async #take(
    file: HttpFile,
    { answer, path }: { readonly answer: HttpAnswer; readonly path: string },
  ): Promise<Downloaded> {
    const { url, checksum } = file;
    if (answer.status < 200 || answer.status > 299) {
      await answer.discard();
      throw new Failure("DOWNLOAD_FAILED", { url, why: `invalid response status ${answer.status}` });
    }
    const digest = await save(answer, path, url);
    if (checksum !== "" && checksum !== digest)
      throw new Failure("DOWNLOAD_FAILED", { url, why: `digest mismatch ${digest}: ${checksum}` });
    const modified = answer.header("last-modified") ?? null;
    const mtime = timeOf(modified);
    await utimes(path, mtime, mtime);
    query(
      this.#database,
      "INSERT OR REPLACE INTO http_sources (url, etag, modified, digest, used) VALUES (?, ?, ?, ?, ?)",
    ).run(url, answer.header("etag") ?? null, modified, digest, this.#now());
    return { digest, mtime };
  }
}

/** The name of the file that a URL becomes. */
export function fileNameOf(url: string): string {
  const name = decodeURIComponent(new URL(url).pathname.split("/").at(-1) ?? "");
  return name === "" || name === "." || name === ".." || name.includes("/") || name.includes("\0")
    ? "__unnamed__"
    : name;
}

const conditions = ({ etag, modified }: Row): Readonly<Record<string, string>> => ({
  ...(etag === null ? {} : { "if-none-match": etag }),
  ...(etag === null && modified !== null ? { "if-modified-since": modified } : {}),
});

function timeOf(modified: string | null): number {
  const time = modified === null ? Number.NaN : Date.parse(modified);
  return Number.isNaN(time) ? 0 : Math.floor(time / 1000);
}

/** Only root may read it, as it may be what only root should have. */
const MODE = 0o600;

async function save({ body }: HttpAnswer, path: string, url: string): Promise<Digest> {
  await mkdir(dirname(path), { recursive: true });
  const { bavail, bsize } = statfsSync(dirname(path));
  const limit = Math.floor(bavail * bsize * SHARE);
  const hash = createHash("sha256");
  let size = 0;
  const counted = async function* (): AsyncGenerator<Uint8Array> {
    for await (const chunk of body) {
      size += chunk.byteLength;
      if (size > limit)
        throw new Failure("DOWNLOAD_FAILED", {
          url,
          why: `it has more than ${limit} bytes, which is all there is room for`,
        });
      hash.update(chunk);
      yield chunk;
    }
  };
  await writeFileFrom(path, counted(), { mode: MODE });
  await chmod(path, MODE);
  return finishDigest(hash);
}
