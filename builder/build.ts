import { availableParallelism } from "node:os";
import { switchArgument } from "../core/builder-arguments.ts";
import { Failure } from "../core/errors.ts";
import type { Abortable } from "../core/streams.ts";
import type { Store } from "../store/types.ts";
import { buildPlatforms } from "./build-platforms.ts";
import type { BuildRun } from "./build-run.ts";
import { CacheMounts } from "./cache/cache-mounts.ts";
import { CacheRecords } from "./cache/cache-records.ts";
import type { CachePlaces } from "./cache/remote/types.ts";
import type { CacheUse } from "./cache/usage.ts";
import type { BuildEvent } from "./events.ts";
import type { Executor, HttpSource, ImageSource } from "./ports.ts";
import { CachedPerformer } from "./solve/cached-performer.ts";
import { Semaphore } from "./solve/semaphore.ts";
import type { BuildRequest, BuildResult } from "./types.ts";

export interface BuilderOptions {
  readonly store: Store;
  readonly executor: Executor;
  readonly images: ImageSource;
  readonly http: HttpSource;
  readonly caches: CachePlaces;
  /** Milliseconds since the epoch. */
  readonly clock?: () => number;
  /** Steps performed at a time, over all builds of this builder. */
  readonly jobs?: number;
}

export interface Pruned {
  /** Cache records and cache mounts. */
  readonly records: number;
  /** Of the layers that records had. */
  readonly bytes: number;
  /** Of the files in cache mounts. */
  readonly mountBytes: number;
}

export interface Builder {
  /**
   * Builds and publishes an image. Everything made on the way is held by a lease and stays in the cache, whatever happens later.
   * Rejects with the first failure when nothing of the build runs any more: DOCKERFILE_INVALID, DOCKERFILE_UNSUPPORTED,
   * BUILD_STEP_FAILED, BUILD_STEP_INVALID around its cause, IMAGE_UNKNOWN, REFERENCE_INVALID, CANCELLED.
   */
  build(
    request: BuildRequest,
    report: (event: BuildEvent) => void,
    options?: Abortable,
  ): Promise<BuildResult>;
  /** Reports what the checks find in all stages of a Dockerfile; nothing is built. Rejects as build() does before its first step. */
  check(request: BuildRequest, report: (event: BuildEvent) => void, options?: Abortable): Promise<void>;
  /**
   * Forgets cache records and removes the directories of cache mounts: all, or those not used for `unusedMs`; what a build uses stays. The
   * layers of records go with the next garbage collection.
   */
  prune(options?: { readonly all?: boolean; readonly unusedMs?: number }): Promise<Pruned>;
  /** What the cache keeps: results of steps, each once, and cache mounts. */
  usage(): Promise<readonly CacheUse[]>;
}

/** Steps mostly wait for the network or a disk, so a small machine runs more of them than it has processors; each has its own memory. */
const LEAST_JOBS = 16;
const DEFAULT_UNUSED_MS = 24 * 60 * 60 * 1000;

export function createBuilder(options: BuilderOptions): Builder {
  const { store, clock = Date.now } = options;
  const records = new CacheRecords(store.database, clock);
  const performer = new CachedPerformer({ records, layers: store.layers, locks: store.locks });
  const slots = new Semaphore(options.jobs ?? Math.max(LEAST_JOBS, availableParallelism()));
  const cacheMounts = new CacheMounts(store, clock);
  const shared = { ...options, clock, records, performer, slots, cacheMounts };
  const running =
    <T>(work: (run: BuildRun) => Promise<T>) =>
    async (
      request: BuildRequest,
      report: (event: BuildEvent) => void,
      { signal = new AbortController().signal }: Abortable = {},
    ): Promise<T> => {
      try {
        // Only what builds reads Dockerfiles.
        const { BuildRun } = await import("./build-run.ts");
        return await work(new BuildRun(shared, request, report, signal));
      } catch (error) {
        if (signal.aborted) throw new Failure("CANCELLED", { what: "the build" }, { cause: error });
        const { withExcerpt } = await import("./dockerfile/diagnose/with-excerpt.ts");
        throw await withExcerpt(error, request.dockerfile.text);
      }
    };
  const buildOne = running((run) => run.run());
  return {
    build: async (request, report, options) =>
      wantsList(request)
        ? buildPlatforms({ build: buildOne, images: store.images, clock }, { request, report }, options)
        : buildOne(request, report, options),
    check: running((run) => run.check()),
    prune: async ({ all = false, unusedMs = DEFAULT_UNUSED_MS } = {}) => {
      const before = all ? Number.MAX_SAFE_INTEGER : clock() - unusedMs;
      const { caches, bytes } = await cacheMounts.prune(before);
      const pruned = records.prune(before);
      return { records: pruned.records + caches, bytes: pruned.bytes, mountBytes: bytes };
    },
    usage: async () => [...records.usage(), ...(await cacheMounts.usage())],
  };
}

/** Whether the result is a list of images, be it of one. Throws OPTION_INVALID, OPTIONS_CONFLICT. */
function wantsList({ platforms = [], buildArgs }: BuildRequest): boolean {
  const isAsked = switchArgument(buildArgs, "BUILDKIT_MULTI_PLATFORM");
  if (isAsked === false && platforms.length > 1)
    throw new Failure("OPTIONS_CONFLICT", { one: "BUILDKIT_MULTI_PLATFORM=0", other: "several platforms" });
  return isAsked ?? platforms.length > 1;
}
