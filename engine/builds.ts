import type { Builder } from "../builder/build.ts";
import type { BuildEvent } from "../builder/events.ts";
import type { HttpSource, LayoutSource } from "../builder/ports.ts";
import type { BuildRequest, BuildResult } from "../builder/types.ts";
import type { BuildOutline, BuildTargets } from "../core/build-answers.ts";
import type { Digest } from "../core/digest.ts";
import { describeError } from "../core/errors.ts";
import type { Abortable, ByteStream } from "../core/streams.ts";
import type { Kernel } from "../native/kernel.ts";
import { checkLimits } from "../runtime/containers/check-config.ts";
import { DEFAULT_HOST_CONFIG } from "../runtime/spec/defaults.ts";
import type { Store } from "../store/types.ts";
import type {
  BuildCacheEntry,
  BuildOptions,
  BuildService,
  CachePrune,
  FetchedContext,
  FetchOptions,
  ImageDifference,
  LayoutImage,
  PrunedCache,
  ReceivedContext,
} from "./api.ts";
import type { BuildCache } from "./builds/cache/build-cache.ts";
import type { FailureTable } from "./builds/debug/failure-table.ts";
import type { BuildTable } from "./builds/history/build-table.ts";
import { recorded } from "./builds/history/recorded.ts";
import type { Jobs } from "./jobs.ts";

export class Builds implements BuildService {
  readonly #store: Store;
  readonly #kernel: Kernel;
  readonly #jobs: Jobs;
  readonly #builder: Builder;
  readonly #table: BuildTable;
  readonly #failures: FailureTable;
  readonly #http: HttpSource;
  readonly #cache: BuildCache;

  constructor(parts: {
    readonly store: Store;
    readonly kernel: Kernel;
    readonly jobs: Jobs;
    readonly builder: Builder;
    readonly table: BuildTable;
    readonly failures: FailureTable;
    readonly http: HttpSource;
    readonly cache: BuildCache;
  }) {
    this.#store = parts.store;
    this.#kernel = parts.kernel;
    this.#jobs = parts.jobs;
    this.#builder = parts.builder;
    this.#table = parts.table;
    this.#failures = parts.failures;
    this.#http = parts.http;
    this.#cache = parts.cache;
  }

  async build(
    request: BuildRequest,
    report: (event: BuildEvent) => void,
    options?: BuildOptions,
  ): Promise<BuildResult> {
    const { context, tags, target } = request;
    const { name: dockerfile } = request.dockerfile;
    checkLimits({ ...DEFAULT_HOST_CONFIG, ...request.resources });
    const { images, snapshots } = this.#store;
    const parts = { table: this.#table, builder: this.#builder, failures: this.#failures, images, snapshots };
    let grown = false;
    const watched = (event: BuildEvent): void => {
      if (event.type === "finished" && !event.cached && !event.id.startsWith("internal.")) grown = true;
      report(event);
    };
    return this.#jobs.record("build", { context, dockerfile, tags, target }, async () => {
      try {
        return await recorded(parts, { request, report: watched, options });
      } finally {
        if (grown && options?.signal?.aborted !== true) await this.#shrinkCache(report);
      }
    });
  }

  /** The build is what was asked for, and is done. */
  async #shrinkCache(report: (event: BuildEvent) => void): Promise<void> {
    try {
      await this.#cache.shrink();
    } catch (error) {
      report({
        type: "warning",
        message: `the build cache may be larger than it should: ${describeError(error)}`,
      });
    }
  }

  async verify(
    request: BuildRequest,
    image: Digest,
    report: (event: BuildEvent) => void,
    options?: Abortable,
  ): Promise<readonly ImageDifference[]> {
    const { cacheFrom: _from, cacheTo: _to, attestations: _attested, ...rest } = request;
    const again = { ...rest, tags: [], noCache: true, fresh: true, explain: false, pushOnly: false };
    const { images } = this.#store;
    const known = new Set(images.list().map(({ id }) => id));
    const second = await this.#builder.build(again, report, options);
    try {
      const { compareImages } = await import("./builds/verify/compare-images.ts");
      return await compareImages(this.#store, image, second.image);
    } finally {
      if (!known.has(second.image)) images.remove(second.image);
    }
  }

  check(request: BuildRequest, report: (event: BuildEvent) => void, options?: Abortable): Promise<void> {
    return this.#builder.check(request, report, options);
  }

  outline(
    request: BuildRequest,
    report: (event: BuildEvent) => void,
    options?: Abortable,
  ): Promise<BuildOutline> {
    return this.#builder.outline(request, report, options);
  }

  targets(
    request: BuildRequest,
    report: (event: BuildEvent) => void,
    options?: Abortable,
  ): Promise<BuildTargets> {
    return this.#builder.targets(request, report, options);
  }

  async receive(tar: ByteStream, options?: Abortable): Promise<ReceivedContext> {
    const { receiveContext } = await import("./builds/receive-context.ts");
    return receiveContext({ store: this.#store, kernel: this.#kernel }, tar, options);
  }

  async fetchContext(source: string, options?: FetchOptions): Promise<FetchedContext> {
    const { fetchContext } = await import("./builds/fetch-context.ts");
    return fetchContext({ store: this.#store, kernel: this.#kernel, http: this.#http }, source, options);
  }

  async openLayout(path: string, which?: LayoutImage): Promise<LayoutSource> {
    const { openLayout } = await import("./builds/open-layout.ts");
    return openLayout(path, which);
  }

  usage(): Promise<readonly BuildCacheEntry[]> {
    return this.#cache.usage();
  }

  prune(request: CachePrune = {}): Promise<PrunedCache> {
    return this.#jobs.record("prune", { what: "build cache", ...request }, () => this.#cache.prune(request));
  }
}
