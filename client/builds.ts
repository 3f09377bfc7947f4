import { CACHE_TYPES, type CacheKind } from "../core/build-cache.ts";
import type { CredentialSource } from "../core/registry-credentials.ts";
import type { Abortable } from "../core/streams.ts";
import type {
  BuildCacheEntry,
  BuildEvent,
  BuildRequest,
  BuildResult,
  BuildService,
  CachePrune,
  ImageService,
  PrunedCache,
} from "../engine/api.ts";
import type { LoadBuildTools } from "./build/tools.ts";
import { children, type Document, flag, number, text, texts } from "./http/fields.ts";
import type { Transport } from "./http/transport.ts";
import { lacks } from "./lacks.ts";

export interface RemoteBuildParts {
  readonly transport: Transport;
  readonly credentials: CredentialSource;
  readonly images: ImageService;
  readonly tools: LoadBuildTools;
}

const isGiven = (value: object | undefined): boolean => value !== undefined && Object.keys(value).length > 0;

/** What a build may ask for and BuildKit's protocol, or this side of it, cannot carry. */
const LACKING: readonly (readonly [refused: (request: BuildRequest) => boolean, what: string])[] = [
  [({ explain }) => explain === true, "telling why a step was not cached (--explain)"],
  [({ jobs }) => jobs !== undefined, "choosing how many steps run at a time (--jobs)"],
  [({ resources }) => isGiven(resources), "limiting what commands of a build use"],
  [({ cacheFrom }) => isGiven(cacheFrom), "using a cache of another machine (--cache-from)"],
  [({ cacheTo }) => isGiven(cacheTo), "giving the cache to other machines (--cache-to)"],
];

export class RemoteBuilds implements BuildService {
  readonly #parts: RemoteBuildParts;

  constructor(parts: RemoteBuildParts) {
    this.#parts = parts;
  }

  async build(
    request: BuildRequest,
    report: (event: BuildEvent) => void,
    options: Abortable = {},
  ): Promise<BuildResult> {
    for (const [refused, what] of LACKING) if (refused(request)) throw lacks(what);
    const [{ runBuild }, tools] = await Promise.all([import("./build/run-build.ts"), this.#parts.tools()]);
    return runBuild({ ...this.#parts, tools }, { request, report, ...options });
  }

  async verify(): Promise<never> {
    throw lacks("verifying a build");
  }

  async check(): Promise<never> {
    throw lacks("checking a Dockerfile (--check)");
  }

  async receive(): Promise<never> {
    throw lacks("building what comes on standard input");
  }

  async fetchContext(): Promise<never> {
    throw lacks("building what is elsewhere");
  }

  async usage(): Promise<readonly BuildCacheEntry[]> {
    const query = { type: "build-cache" };
    const document = await this.#parts.transport.document({ method: "GET", path: "/system/df", query });
    return children(document, "BuildCache").map(cacheEntry);
  }

  async prune({ all, filters, unusedMs, ...bounds }: CachePrune = {}): Promise<PrunedCache> {
    const { reservedSpace, maxUsedSpace, minFreeSpace } = bounds;
    const age = unusedMs === undefined ? {} : { "unused-for": [`${unusedMs}ms`] };
    const query = {
      all,
      filters: JSON.stringify({ ...filters, ...age }),
      // The name that daemons of all versions know.
      "keep-storage": reservedSpace,
      "reserved-space": reservedSpace,
      "max-used-space": maxUsedSpace,
      "min-free-space": minFreeSpace,
    };
    const document = await this.#parts.transport.document({ method: "POST", path: "/build/prune", query });
    return {
      removed: texts(document, "CachesDeleted").map((id) => ({ id })),
      bytes: number(document, "SpaceReclaimed"),
    };
  }
}

const KINDS = new Map(Object.entries(CACHE_TYPES).map(([kind, type]) => [type, kind as CacheKind]));

const cacheEntry = (document: Document): BuildCacheEntry => ({
  id: text(document, "ID"),
  kind: KINDS.get(text(document, "Type")) ?? "step",
  description: text(document, "Description"),
  bytes: number(document, "Size"),
  createdAt: new Date(text(document, "CreatedAt")),
  usedAt: new Date(text(document, "LastUsedAt")),
  uses: number(document, "UsageCount"),
  cost: 0,
  parents: texts(document, "Parents"),
  inUse: flag(document, "InUse"),
  shared: flag(document, "Shared"),
});
