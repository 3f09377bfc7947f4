import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { extract, type Header } from "tar-stream";

/** What can be seen of an image from outside. */
export interface Observed {
  /** Of an image. */
  readonly config?: unknown;
  /** The commands of an image's history, oldest first. */
  readonly history?: readonly string[];
  /** Path → what is there, where that is not what the base has; null where the base has something. */
  readonly tree: Readonly<Record<string, string | null>>;
}

/** Files that an engine puts into a container, not the image. */
const ENGINE_FILES =
  /^(\.dockerenv|etc|dev|dev\/.*|proc|proc\/.*|sys|sys\/.*|etc\/(hosts|hostname|resolv\.conf|mtab))$/;

const cleanPath = (name: string): string => name.replace(/^\.?\/+/, "").replace(/\/$/, "");

/** Times before this one are a context's or an archive's; others are the base's, or those of the build. */
const KEPT_BEFORE = Date.UTC(2020, 0);

/** One line for each entry of an exported root filesystem: type, mode, owner, content or target, and a time that was kept. */
export async function readTree(tar: AsyncIterable<Uint8Array>): Promise<Record<string, string>> {
  const tree: Record<string, string> = {};
  const entries = extract();
  const feeding = pipeline(Readable.from(tar), entries);
  for await (const entry of entries) {
    const hash = createHash("sha256");
    for await (const chunk of entry) hash.update(chunk as Buffer);
    const path = cleanPath(entry.header.name);
    if (path === "" || ENGINE_FILES.test(path)) continue;
    tree[path] = describe(entry.header, hash.digest("hex").slice(0, 16));
  }
  await feeding;
  return withGroups(tree);
}

function describe({ type, mode, uid, gid, linkname, pax, mtime }: Header, digest: string): string {
  const what = type === "file" || type === "contiguous-file" ? digest : (linkname ?? "");
  const capability = (pax as Record<string, string> | null)?.["SCHILY.xattr.security.capability"];
  const extra = capability === undefined ? "" : " with capabilities";
  // A link's own mode means nothing on Linux, and tars differ in it.
  const permissions = type === "symlink" ? "" : ` ${mode.toString(8)}`;
  const isKept = mtime !== undefined && mtime.getTime() < KEPT_BEFORE;
  const time = isKept ? ` of ${mtime.toISOString().replace(/\.\d+/, "")}` : "";
  return `${type}${permissions} ${uid}:${gid} ${what}`.trimEnd() + extra + time;
}

/** Which of several names comes first in a tar is not the image's affair. */
function withGroups(tree: Record<string, string>): Record<string, string> {
  const groups = new Map<string, string[]>();
  for (const [path, line] of Object.entries(tree)) {
    const target = /^link \S+ \S+ (.*)$/.exec(line)?.[1];
    if (target === undefined) continue;
    const first = cleanPath(target);
    groups.set(first, [...(groups.get(first) ?? [first]), path]);
  }
  for (const [first, group] of groups) {
    const line = `${tree[first] ?? "?"} = ${[...group].sort()[0]} (${group.length} names)`;
    for (const path of group) tree[path] = line;
  }
  return Object.fromEntries(Object.entries(tree).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** The fields of a configuration that say something; the others an engine may print or not. */
export const givenFields = (json: string): unknown =>
  Object.fromEntries(
    Object.entries(JSON.parse(json) as object).filter(
      ([, value]) => value !== null && value !== "" && (value as { length?: number }).length !== 0,
    ),
  );

/** Reads `history --format json`. */
export const commandsOf = (lines: string): readonly string[] =>
  lines
    .split("\n")
    .map((line) => asNow((JSON.parse(line) as { CreatedBy: string }).CreatedBy))
    .reverse();

const QUOTED_HEALTHCHECK = /^HEALTHCHECK &\{\[(.*)\] "(.*)" "(.*)" "(.*)" "(.*)" '\\x(..)'\}$/;

/** How a health check is written changed between versions of BuildKit: it was quoted, and its fields had no names. */
function asNow(command: string): string {
  const found = QUOTED_HEALTHCHECK.exec(command);
  if (found === null) return command;
  const [, words = "", interval, timeout, startPeriod, startInterval, retries = ""] = found;
  const test = (JSON.parse(`[${words.replaceAll('" "', '","')}]`) as readonly string[]).join(" ");
  const times = `Interval:${interval} Timeout:${timeout} StartPeriod:${startPeriod} StartInterval:${startInterval}`;
  return `HEALTHCHECK {Test:[${test}] ${times} Retries:${Number.parseInt(retries, 16)}}`;
}

/** What of `tree` is not as in `base`. */
export function changesOf(
  tree: Readonly<Record<string, string>>,
  base: Readonly<Record<string, string>>,
): Record<string, string | null> {
  const changed = Object.entries(tree).filter(([path, line]) => base[path] !== line);
  const gone = Object.keys(base).filter((path) => tree[path] === undefined);
  return Object.fromEntries([...changed, ...gone.map((path) => [path, null] as const)]);
}

/** A tar of a directory. */
export const tarOf = (folder: string): AsyncIterable<Uint8Array> =>
  spawn("tar", ["-C", folder, "--numeric-owner", "-cf", "-", "."], { stdio: ["ignore", "pipe", "inherit"] })
    .stdout;
