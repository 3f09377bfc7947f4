import { createReadStream, type Stats } from "node:fs";
import { lstat, readdir, readlink } from "node:fs/promises";
import { join } from "node:path";
import { goFileMode } from "../../core/go-file-mode.ts";
import type { ByteStream } from "../../core/streams.ts";
import type { PACKET } from "../../wire/buildkit/session.ts";
import type { IgnoreRules } from "./tools.ts";

type SentPacket = Parameters<typeof PACKET.encode>[0];
export type SentStat = NonNullable<SentPacket["stat"]>;

/** A file, folder or link as it is lent. */
export interface LentEntry {
  readonly stat: SentStat;
  /** Of a regular file. */
  readonly content?: () => ByteStream;
}
/** A folder that a build may read: all entries, folders before what is in them, sorted by the names in their paths. */
export type LentFolder = (wanted: WantedFiles) => AsyncIterable<LentEntry>;
export interface WantedFiles {
  /** Only these and what is below them; all when empty. */
  readonly follow: readonly string[];
  readonly ignore: IgnoreRules;
}

const NANOSECONDS = 1e6;
const LINK_MODE = 0o777;

/** Files that are in memory. */
export function madeFolder(files: Readonly<Record<string, string>>): LentFolder {
  return async function* ({ follow, ignore }) {
    for (const [path, text] of Object.entries(files).sort(([a], [b]) => (a < b ? -1 : 1))) {
      if (!leadsTo(follow, path) || ignore.hides(path)) continue;
      const bytes = Buffer.from(text);
      const stat = { path, mode: goFileMode("file", 0o644), size: bytes.byteLength };
      yield { stat, content: () => once(bytes) };
    }
  };
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

/** A folder of this machine. Owners are not lent: whoever builds has other users. Sockets and devices are left out. */
export const hostFolder =
  (directory: string): LentFolder =>
  (wanted) =>
    walk(directory, "", wanted);

async function* walk(directory: string, below: string, wanted: WantedFiles): AsyncGenerator<LentEntry> {
  const names = (await readdir(directory)).map(Buffer.from).sort(Buffer.compare).map(String);
  for (const name of names) {
    const path = below === "" ? name : `${below}/${name}`;
    if (!leadsTo(wanted.follow, path)) continue;
    const file = join(directory, name);
    const stats = await lstat(file);
    if (stats.isDirectory()) yield* walkFolder(file, path, { stats, wanted });
    else if (!wanted.ignore.hides(path)) {
      const entry = await entryOf(file, path, stats);
      if (entry !== undefined) yield entry;
    }
  }
}

/** A folder that is ignored is there all the same where something in it is not. */
async function* walkFolder(
  file: string,
  path: string,
  { stats, wanted }: { readonly stats: Stats; readonly wanted: WantedFiles },
): AsyncGenerator<LentEntry> {
  const { ignore } = wanted;
  if (ignore.hidesAllBelow(path)) return;
  const entry: LentEntry = { stat: { ...common(path, stats), mode: goFileMode("dir", stats.mode) } };
  let told = !ignore.hides(path);
  if (told) yield entry;
  for await (const inside of walk(file, path, wanted)) {
    if (!told) yield entry;
    told = true;
    yield inside;
  }
}

async function entryOf(file: string, path: string, stats: Stats): Promise<LentEntry | undefined> {
  const shared = common(path, stats);
  if (stats.isSymbolicLink())
    return { stat: { ...shared, mode: goFileMode("symlink", LINK_MODE), linkname: await readlink(file) } };
  if (!stats.isFile()) return undefined;
  const { size } = stats;
  return {
    stat: { ...shared, mode: goFileMode("file", stats.mode), size },
    // What is written while it is sent was not announced.
    content: () => (size === 0 ? once(new Uint8Array()) : createReadStream(file, { end: size - 1 })),
  };
}

const common = (path: string, { mtimeMs }: Stats) => ({ path, modTime: Math.round(mtimeMs * NANOSECONDS) });

const WILDCARD = /[*?[\\]/;

/**
 * Whether a path is one that is wanted, in one, or on the way to one. Where a pattern is wanted everything is: who asks takes what it needs of
 * what it gets.
 */
function leadsTo(follow: readonly string[], path: string): boolean {
  if (follow.length === 0 || follow.some((wanted) => WILDCARD.test(wanted))) return true;
  return follow.some((text) => {
    const wanted = text.replace(/^\.?\/+|\/+$/g, "");
    return wanted === "" || wanted === "." || within(path, wanted) || within(wanted, path);
  });
}

const within = (path: string, folder: string): boolean => path === folder || path.startsWith(`${folder}/`);
