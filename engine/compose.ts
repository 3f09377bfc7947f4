import { hashWith } from "../core/sha256.ts";
import { loadKernel } from "../native/binding.ts";
import type { ContainerRecord } from "../runtime/container-config.ts";
import { openStore } from "../store/open-store.ts";
import { parseDriverName } from "../store/snapshots/choose-driver.ts";
import type { CacheCare, Engine } from "./api.ts";
import { isActive } from "./containers/active.ts";
import { Distribution } from "./distribution.ts";
import { EventLog } from "./events/event-log.ts";
import { Events } from "./events.ts";
import { LazyExecutor } from "./executor.ts";
import type { ImageUsers } from "./images/remove.ts";
import { Images } from "./images.ts";
import { Jobs } from "./jobs.ts";
import { lazyService, once } from "./lazy-service.ts";
import { LazyRegistries, type RegistrySettings } from "./registries.ts";
import { Registry } from "./registry/registry.ts";
import { System } from "./system.ts";

export interface EngineSettings {
  /** Snapshot driver by name. Undefined: what the root has, or the default of a new one. */
  readonly driver?: string | undefined;
  readonly registries?: RegistrySettings;
  /** Asked after each build. Undefined: the build cache grows until somebody prunes it. */
  readonly cacheCare?: (() => CacheCare | undefined) | undefined;
}

/**
 * Opens the engine on a state root. Everything is constructed here, and with the first container or build in the two files beside, which take longer
 * to load than most commands last. The caller disposes it.
 */
export async function openEngine(root: string, settings: EngineSettings = {}): Promise<Engine> {
  const kernel = loadKernel();
  hashWith((content) => kernel.sha256(typeof content === "string" ? Buffer.from(content) : content));
  const { driver, registries: registrySettings = { env: process.env }, cacheCare } = settings;
  const store = await openStore(root, {
    kernel,
    ...(driver === undefined ? {} : { driver: parseDriverName(driver) }),
  });
  const jobs = new Jobs(store.database);
  const events = new EventLog(store.database);
  const registries = new LazyRegistries(store, kernel, registrySettings);
  const containers = once(async () => {
    const { openContainers } = await import("./compose-containers.ts");
    return openContainers({ store, kernel, jobs, events });
  });
  const executor = new LazyExecutor(async () => (await containers()).createRunner());
  const builds = once(async () => {
    const { openBuilds } = await import("./compose-builds.ts");
    return openBuilds({ store, kernel, jobs, registries, executor, cacheCare });
  });
  const records = async () => (await containers()).records();
  return {
    images: new Images({
      store,
      kernel,
      jobs,
      users: async () => usersOf(await records()),
      registries: registries.client,
      record: events.record,
    }),
    containers: lazyService(async () => (await containers()).containers, {
      logs: true,
      stats: true,
      export: true,
    }),
    execs: lazyService(async () => (await containers()).execs, {}),
    volumes: lazyService(async (): Promise<Engine["volumes"]> => (await containers()).volumes, {}),
    networks: lazyService(async () => (await containers()).networks, {}),
    builds: lazyService(async () => (await builds()).builds, {}),
    buildHistory: lazyService(async () => (await builds()).buildHistory, { events: true }),
    buildDebugger: lazyService(async () => (await builds()).buildDebugger, {}),
    distribution: new Distribution(registries),
    events: new Events({ log: events, look: async () => void (await records()) }),
    system: new System({
      store,
      registries: registrySettings,
      jobs,
      containers: records,
      volumes: async () => (await containers()).volumes.usage(),
      buildCache: async () => (await builds()).builds.usage(),
      sweep: async () => (await containers()).sweep(),
    }),
    registry: new Registry({ store, jobs, upstreams: registries.upstreams }),
    async [Symbol.asyncDispose]() {
      await executor[Symbol.asyncDispose]();
      await registries[Symbol.asyncDispose]();
      await store[Symbol.asyncDispose]();
    },
  };
}

const usersOf =
  (records: readonly ContainerRecord[]): ImageUsers =>
  (image) =>
    records
      .filter(({ imageId }) => imageId === image.id)
      .map((record) => ({ id: record.id, running: isActive(record) }));
