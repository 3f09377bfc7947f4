import type { BuildOutline, BuildTargets } from "../core/build-answers.ts";
import { CACHE_TYPES, type CacheKind } from "../core/build-cache.ts";
import type { Digest } from "../core/digest.ts";
import type { Document } from "../core/document.ts";
import type { CredentialSource } from "../core/registry-credentials.ts";
import type { Abortable, ByteStream } from "../core/streams.ts";
import type {
  BuildCacheEntry,
  BuildEvent,
  BuildOptions,
  BuildRequest,
  BuildResult,
  BuildService,
  CachePrune,
  FetchedContext,
  ImageDifference,
  ImageService,
  LayoutImage,
  LayoutSource,
  PrunedCache,
  ReceivedContext,
} from "../engine/api.ts";
import { OWN_ATTRS } from "../wire/slipway/build-attrs.ts";
import { contextAt, Uploads } from "./build/contexts.ts";
import { readDifferences } from "./build/own-answers.ts";
import { refuseOwn } from "./build/own-attrs.ts";
import type { LoadBuildTools } from "./build/tools.ts";
import { children, flag, number, text, texts } from "./http/fields.ts";
import type { Transport } from "./http/transport.ts";
import { lacks } from "./lacks.ts";

export interface RemoteBuildParts {
  readonly transport: Transport;
  readonly credentials: CredentialSource;
  readonly images: ImageService;
  readonly tools: LoadBuildTools;
}

export class RemoteBuilds implements BuildService {
  readonly #parts: RemoteBuildParts;
  readonly #uploads = new Uploads();

  constructor(parts: RemoteBuildParts) {
    this.#parts = parts;
  }

  async build(
    request: BuildRequest,
    report: (event: BuildEvent) => void,
    options: BuildOptions = {},
  ): Promise<BuildResult> {
    if (!this.#parts.transport.isOwn) refuseOwn(request);
    const [{ runBuild }, parts] = await this.#load();
    return runBuild(parts, { request, report, ...options });
  }

  async verify(
    request: BuildRequest,
    image: Digest,
    report: (event: BuildEvent) => void,
    options: Abortable = {},
  ): Promise<readonly ImageDifference[]> {
    if (!this.#parts.transport.isOwn) throw lacks("verifying a build");
    const [{ solve }, parts] = await this.#load();
    const { cacheFrom: _from, cacheTo: _to, explain: _explain, attestations: _attested, ...rest } = request;
    const attrs = new Map([[OWN_ATTRS.verify, image]]);
    const again = { ...rest, tags: [] };
    return readDifferences(await solve(parts, { request: again, report, attrs, ...options }));
  }

  async check(
    request: BuildRequest,
    report: (event: BuildEvent) => void,
    options: Abortable = {},
  ): Promise<void> {
    const [, parts] = await this.#load();
    const { checkThere } = await import("./build/questions.ts");
    for (const event of await checkThere(parts, { request, ...options })) report(event);
  }

  async outline(
    request: BuildRequest,
    _report: (event: BuildEvent) => void,
    options: Abortable = {},
  ): Promise<BuildOutline> {
    const [, parts] = await this.#load();
    const { outlineThere } = await import("./build/questions.ts");
    return outlineThere(parts, { request, ...options });
  }

  async targets(
    request: BuildRequest,
    _report: (event: BuildEvent) => void,
    options: Abortable = {},
  ): Promise<BuildTargets> {
    const [, parts] = await this.#load();
    const { targetsThere } = await import("./build/questions.ts");
    return targetsThere(parts, { request, ...options });
  }

  receive(tar: ByteStream, options?: Abortable): Promise<ReceivedContext> {
    return this.#uploads.receive(tar, options);
  }

  async fetchContext(source: string): Promise<FetchedContext> {
    return contextAt(source);
  }

  /** Layouts are of this side: a build is lent their blobs. */
  async openLayout(path: string, which?: LayoutImage): Promise<LayoutSource> {
    return (await this.#parts.tools()).openLayout(path, which);
  }

  async usage(): Promise<readonly BuildCacheEntry[]> {
    const query = { type: "build-cache" };
    const document = await this.#parts.transport.document({ method: "GET", path: "/system/df", query });
    return children(document, "BuildCache").map(cacheEntry);
  }

  async #load() {
    const [run, tools] = await Promise.all([import("./build/run-build.ts"), this.#parts.tools()]);
    return [run, { ...this.#parts, tools, uploads: this.#uploads }] as const;
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
