import { type FileHandle, open, readdir, rm } from "node:fs/promises";
import { basename, dirname } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGunzip } from "node:zlib";
import { undefinedIfMissing } from "../../core/if-there.ts";
import { randomBytes } from "../../core/random.ts";

const BLOCK = 16 * 1024;
const NEWLINE = 10;
/** No entry is longer. */
const ENTRY_LIMIT = 1 << 20;

/** One of the files of a log, open: what happens to its name does not matter any more. */
export class LogFile {
  readonly #path: string;
  readonly #file: FileHandle;
  readonly #compressed: boolean;
  #content: FileHandle | undefined;

  constructor(path: string, file: FileHandle, compressed: boolean) {
    this.#path = path;
    this.#file = file;
    this.#compressed = compressed;
  }

  /** Its entries; of a compressed file a copy without a name, which its first use makes. Closed with this. */
  async content(): Promise<FileHandle> {
    if (!this.#compressed) return this.#file;
    this.#content ??= await this.#inflated();
    return this.#content;
  }

  async #inflated(): Promise<FileHandle> {
    const name = `${this.#path}.${randomBytes(6).toString("hex")}.tmp`;
    const content = await open(name, "wx+", 0o600);
    await rm(name);
    // Of a damaged file there is what comes before the damage, as of one with damaged lines.
    await pipeline(blocksOf(this.#file), createGunzip(), async (blocks: AsyncIterable<Buffer>) => {
      for await (const block of blocks) await content.write(block);
    }).catch(ignoreDamage);
    return content;
  }

  /** Its first entry, whose time no other file has: the same before and after its compression. "" while there is none. */
  async identity(): Promise<string> {
    const blocks = blocksOf(this.#file);
    if (!this.#compressed) return firstLine(blocks);
    const source = Readable.from(blocks);
    const gunzip = createGunzip();
    source.once("error", (error) => gunzip.destroy(error));
    return firstLine(source.pipe(gunzip)).finally(() => source.destroy());
  }

  async close(): Promise<void> {
    await this.#file.close();
    await this.#content?.close();
  }
}

/** From its beginning, whatever else reads it. */
async function* blocksOf(file: FileHandle): AsyncGenerator<Buffer> {
  for (let offset = 0; ; ) {
    const block = Buffer.alloc(BLOCK);
    const { bytesRead } = await file.read(block, 0, BLOCK, offset);
    if (bytesRead === 0) return;
    offset += bytesRead;
    yield block.subarray(0, bytesRead);
  }
}

function ignoreDamage(error: NodeJS.ErrnoException): void {
  if (error.code?.startsWith("Z_") !== true) throw error;
}

async function firstLine(stream: AsyncIterable<unknown>): Promise<string> {
  let line = Buffer.alloc(0);
  try {
    for await (const chunk of stream) {
      line = Buffer.concat([line, chunk as Buffer]);
      const end = line.indexOf(NEWLINE);
      if (end >= 0) return line.toString("latin1", 0, end);
      if (line.byteLength > ENTRY_LIMIT) return "";
    }
  } catch (error) {
    ignoreDamage(error as NodeJS.ErrnoException);
  }
  return "";
}

async function openIfThere(path: string, compressed: boolean): Promise<LogFile | undefined> {
  const file = await open(path, "r").catch(undefinedIfMissing);
  return file === undefined ? undefined : new LogFile(path, file, compressed);
}

/** The number of the oldest file there is now: the N of path.N or path.N.gz, 0 without one. */
async function oldestOf(path: string): Promise<number> {
  const prefix = `${basename(path)}.`;
  const names = (await readdir(dirname(path)).catch(undefinedIfMissing)) ?? [];
  const suffixes = names.filter((name) => name.startsWith(prefix)).map((name) => name.slice(prefix.length));
  const numbers = suffixes.map((suffix) => /^(\d+)(\.gz)?$/.exec(suffix)?.[1] ?? "0");
  return Math.max(0, ...numbers.map(Number));
}

/**
 * All files of a log, oldest first: `path`, and path.1 and so on, or path.1.gz. A file that moves on while they are
 * opened is there once; the name it had may be nobody's for a moment, with older files behind it.
 */
export async function openLogFiles(path: string): Promise<LogFile[]> {
  const files: LogFile[] = [];
  const known = new Set<string>();
  for (let number = 0; ; number++) {
    const name = number === 0 ? path : `${path}.${number}`;
    const next = (await openIfThere(name, false)) ?? (await openIfThere(`${name}.gz`, true));
    if (next === undefined) {
      if (number >= (await oldestOf(path))) return files;
      continue;
    }
    const identity = await next.identity();
    if (identity !== "" && known.has(identity)) await next.close();
    else files.unshift(next);
    known.add(identity);
  }
}
