import { availableParallelism } from "node:os";
import { checkAnnotations } from "../core/annotations.ts";
import { wantsList } from "../core/builder-arguments.ts";
import { Failure } from "../core/errors.ts";
import { hostPlatform } from "../core/platform.ts";
import type { Abortable } from "../core/streams.ts";
import type { Store } from "../store/types.ts";
import { buildPlatforms } from "./build-platforms.ts";
import type { BuildQuestions } from "./build-questions.ts";
import type { BuildRun } from "./build-run.ts";
import { CacheMounts } from "./cache/cache-mounts.ts";
import { CacheRecords } from "./cache/cache-records.ts";
import type { CachePlaces } from "./cache/remote/types.ts";
import { CacheSizes } from "./cache/sizes.ts";
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

export interface Builder extends BuildQuestions {
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
  /** What the cache keeps: results of steps, each once, and cache mounts. */
  usage(): Promise<readonly CacheUse[]>;
  /** No less than what usage() would add up to, in bytes; much sooner. */
  usageAtMost(): number;
  /**
   * Removes things of the cache, of which it leaves those that a build has now; returns what it removed. `why` goes into explanations: "its result
   * was removed …". The layers of steps go with the next garbage collection.
   */
  remove(things: readonly CacheUse[], why: string): Promise<readonly CacheUse[]>;
  /** Forgets what is known of contexts and of files of the web: with `all` everything, else what was not used for long. */
  forget(options?: { readonly all?: boolean }): void;
}

/** Steps mostly wait for the network or a disk, so a small machine runs more of them than it has processors; each has its own memory. */
const LEAST_JOBS = 16;
/** How long what only explains things is kept. */
const REMEMBERED_MS = 30 * 24 * 60 * 60 * 1000;

export function createBuilder(options: BuilderOptions): Builder {
  const { store, clock = Date.now } = options;
  const records = new CacheRecords(store.database, clock);
  const performer = new CachedPerformer({ records, layers: store.layers, locks: store.locks });
  const slots = new Semaphore(options.jobs ?? Math.max(LEAST_JOBS, availableParallelism()));
  const cacheMounts = new CacheMounts(store, clock);
  const sizes = new CacheSizes(store);
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
    build: async (request, report, options) => {
      checkAnnotations(request.annotations ?? [], request.platforms ?? [hostPlatform()]);
      return wantsList(request)
        ? buildPlatforms({ build: buildOne, images: store.images, clock }, { request, report }, options)
        : buildOne(request, report, options);
    },
    check: running((run) => run.check()),
    outline: running((run) => run.outline()),
    targets: running((run) => run.targets()),
    usage: async () => {
      const mounts = await cacheMounts.usage(sizes);
      const steps = records.usage();
      const bytes = await sizes.layers(steps.map(({ layer }) => layer));
      return [...steps.map((step) => ({ ...step, bytes: bytes.get(step.layer) ?? 0 })), ...mounts];
    },
    usageAtMost: () => sizes.atMost(),
    remove: async (things, why) => {
      const steps = things.flatMap(({ layer }) => layer ?? []);
      const mounts = things.flatMap(({ kind, id }) => (kind === "mount" ? [id] : []));
      const removed = new Set<string>([...records.remove(steps, why), ...(await cacheMounts.remove(mounts))]);
      sizes.forget([...removed]);
      return things.filter(({ id }) => removed.has(id));
    },
    forget: ({ all = false } = {}) => {
      const before = clock() - REMEMBERED_MS;
      records.forgetFacts(all ? Number.MAX_SAFE_INTEGER : before);
      records.forgetHistory(before);
    },
  };
}
