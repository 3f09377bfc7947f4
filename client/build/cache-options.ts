import * as z from "zod";
import { isDigest } from "../../core/digest.ts";
import { describeError, Failure } from "../../core/errors.ts";
import type { BuildRequest, CacheExport, CacheLocation } from "../../engine/api.ts";
import { CACHE_MANIFEST, cacheStore } from "../../wire/buildkit/content.ts";
import type { SOLVE_REQUEST } from "../../wire/buildkit/control.ts";
import type { LentStore, LentStores } from "./lend-blobs.ts";
import type { BuildTools } from "./tools.ts";

type SolveRequest = Parameters<typeof SOLVE_REQUEST.encode>[0];
type Entry = { readonly type: string; readonly attrs: ReadonlyMap<string, string> };
type Directory = Extract<CacheLocation, { readonly kind: "directory" }>;

/** The caches of a build elsewhere. */
export interface Caches {
  /** What BuildKit is asked for. */
  readonly asked: Pick<SolveRequest, "cache">;
  /** The folders of this side among them. */
  readonly stores: LentStores;
  /** Names what the build, which answered so, has put into folders. Rejects with DAEMON_ANSWER_INVALID. */
  finish(answer: ReadonlyMap<string, string>): Promise<void>;
}
interface Parts {
  readonly tools: BuildTools;
  readonly warn: (message: string) => void;
}

/** A folder without the cache that is meant is none to read; one that cannot be read is a warning, for a build must not depend on its cache. */
export async function openCaches(
  { cacheFrom = [], cacheTo = [] }: Pick<BuildRequest, "cacheFrom" | "cacheTo">,
  parts: Parts,
): Promise<Caches> {
  const stores = new Map<string, LentStore>();
  const imports: Entry[] = [];
  for (const from of cacheFrom) imports.push(...(await importOf(from, { ...parts, stores })));
  const exports = cacheTo.map(exportOf);
  const written = cacheTo.flatMap(({ to }) => (to.kind === "directory" ? [to] : []));
  for (const { path } of written)
    stores.set(cacheStore(path), { folder: parts.tools.openFolder(path), writable: true });
  const isAsked = imports.length > 0 || exports.length > 0;
  return {
    asked: isAsked ? { cache: { imports, exports } } : {},
    stores,
    finish: (answer) => nameWritten(written, answer, parts.tools),
  };
}

async function importOf(
  from: CacheLocation,
  { tools, warn, stores }: Parts & { readonly stores: Map<string, LentStore> },
): Promise<readonly Entry[]> {
  if (from.kind !== "directory") return [{ type: "registry", attrs: new Map([["ref", referenceOf(from)]]) }];
  const { path } = from;
  const folder = tools.openFolder(path);
  try {
    const found = await folder.find(from);
    if (found === undefined) return [];
    stores.set(cacheStore(path), { folder, writable: false });
    const attrs = new Map([
      ["src", path],
      ["digest", found.digest],
    ]);
    return [{ type: "local", attrs }];
  } catch (error) {
    warn(`the cache of ${path} is not used: ${describeError(error)}`);
    return [];
  }
}

function exportOf({ to, mode, compression, ignoreErrors, mounts }: CacheExport): Entry {
  const shared = [
    ["mode", mode],
    ...(ignoreErrors ? [["ignore-error", "true"] as const] : []),
    ...(mounts ? [["mounts", "true"] as const] : []),
    // What BuildKit takes when nothing is said.
    ...(compression === "gzip" ? [] : [["compression", compression] as const]),
  ] as const;
  if (to.kind === "inline") return { type: "inline", attrs: new Map(shared) };
  return to.kind === "directory"
    ? { type: "local", attrs: new Map([["dest", to.path], ...shared]) }
    : { type: "registry", attrs: new Map([["ref", referenceOf(to)], ...shared]) };
}

function referenceOf(location: CacheLocation): string {
  if (location.kind === "registry") return location.reference;
  throw new TypeError("a cache that the command line cannot name");
}

const DESCRIPTOR = z.object({
  mediaType: z.string(),
  digest: z.string().refine(isDigest),
  size: z.number(),
});

/** A daemon that wrote nothing, where that was not to matter, names nothing. */
async function nameWritten(
  written: readonly Directory[],
  answer: ReadonlyMap<string, string>,
  tools: BuildTools,
): Promise<void> {
  const text = answer.get(CACHE_MANIFEST);
  if (text === undefined || written.length === 0) return;
  const manifest = readManifest(text);
  for (const { path, tag } of written) await tools.openFolder(path).name(manifest, tag);
}

function readManifest(text: string): z.output<typeof DESCRIPTOR> {
  try {
    return DESCRIPTOR.parse(JSON.parse(text));
  } catch (cause) {
    throw new Failure(
      "DAEMON_ANSWER_INVALID",
      { why: "what it says of the cache is of another form" },
      { cause },
    );
  }
}
