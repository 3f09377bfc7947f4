import { createBuilder } from "../builder/build.ts";
import type { HttpSource } from "../builder/ports.ts";
import type { Kernel } from "../native/kernel.ts";
import type { Store } from "../store/types.ts";
import type { CacheCare, Engine } from "./api.ts";
import { BuildCache } from "./builds/cache/build-cache.ts";
import { cachePlaces } from "./builds/cache-places.ts";
import { Debugger } from "./builds/debug/debugger.ts";
import { FailureTable } from "./builds/debug/failure-table.ts";
import { BuildTable } from "./builds/history/build-table.ts";
import { History } from "./builds/history/history.ts";
import { Builds } from "./builds.ts";
import type { LazyExecutor } from "./executor.ts";
import { imageSource } from "./images/source.ts";
import type { Jobs } from "./jobs.ts";
import type { LazyRegistries } from "./registries.ts";

export interface BuildParts {
  readonly store: Store;
  readonly kernel: Kernel;
  readonly jobs: Jobs;
  readonly registries: LazyRegistries;
  readonly executor: LazyExecutor;
  /** Undefined: the build cache grows until somebody prunes it. */
  readonly cacheCare: (() => CacheCare | undefined) | undefined;
}

export type BuildServices = Pick<Engine, "builds" | "buildHistory" | "buildDebugger">;

/** Constructs what builds are made by: much of the program, which compose.ts loads when it is needed. */
export function openBuilds(parts: BuildParts): BuildServices {
  const { store, kernel, jobs, registries, executor, cacheCare } = parts;
  const failures = new FailureTable(store.database, Date.now);
  const table = new BuildTable(store.database);
  const buildHistory = new History(table, Date.now);
  const http: HttpSource = {
    get: async (url, headers, options) => (await registries.client()).fetch(url, headers, options),
  };
  const builder = createBuilder({
    store,
    executor,
    http,
    images: imageSource({ images: store.images, registries }),
    caches: cachePlaces({ store, kernel, registries }),
  });
  const cache = new BuildCache({ store, builder, failures, care: cacheCare });
  return {
    builds: new Builds({ store, kernel, jobs, builder, http, table, failures, cache }),
    buildHistory,
    buildDebugger: new Debugger({
      store,
      failures,
      open: (request) => executor.open(request),
      refOf: async (build) => (await buildHistory.get(build)).ref,
    }),
  };
}
