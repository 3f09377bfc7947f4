import { loadKernel } from "../native/binding.ts";
import type { ContainerRecord } from "../runtime/container-config.ts";
import { openStore } from "../store/open-store.ts";
import { parseDriverName } from "../store/snapshots/choose-driver.ts";
import type { Engine } from "./api.ts";
import { isActive } from "./containers/active.ts";
import { Distribution } from "./distribution.ts";
import { EventLog } from "./events/event-log.ts";
import { Events } from "./events.ts";
import type { ImageUsers } from "./images/remove.ts";
import { Images } from "./images.ts";
import { Jobs } from "./jobs.ts";
import { lazyService } from "./lazy-service.ts";
import { LazyRegistries, type RegistrySettings } from "./registries.ts";
import { Registry } from "./registry/registry.ts";
import { System } from "./system.ts";
import type { Workshop, WorkshopParts } from "./workshop.ts";

export interface EngineSettings {
  /** Snapshot driver by name, of a new root; one that has another is refused. */
  readonly driver?: string | undefined;
  readonly registries?: RegistrySettings;
}

/**
 * Opens the engine on a state root: here and in workshop.ts, which is loaded with the first container or build, everything is constructed.
 * The caller disposes it.
 */
export async function openEngine(root: string, settings: EngineSettings = {}): Promise<Engine> {
  const kernel = loadKernel();
  const { driver, registries: registrySettings = { env: process.env } } = settings;
  const store = await openStore(root, {
    kernel,
    ...(driver === undefined ? {} : { driver: parseDriverName(driver) }),
  });
  const jobs = new Jobs(store.database);
  const events = new EventLog(store.database);
  const registries = new LazyRegistries(store, registrySettings);
  const workshop = new LazyWorkshop({ store, kernel, jobs, events, registries });
  const records = async () => (await workshop.open()).records();
  return {
    images: new Images({
      store,
      kernel,
      jobs,
      users: async () => usersOf(await records()),
      registries: registries.client,
      record: events.record,
    }),
    ...servicesOf(workshop),
    distribution: new Distribution(registries),
    events: new Events({ log: events, look: async () => void (await records()) }),
    system: new System({
      store,
      registries: registrySettings,
      jobs,
      containers: records,
      volumes: async () => (await workshop.open()).volumes.usage(),
      buildCache: async () => (await workshop.open()).builds.usage(),
      sweep: async () => (await workshop.open()).sweep(),
    }),
    registry: new Registry({ store, jobs, upstreams: registries.upstreams }),
    async [Symbol.asyncDispose]() {
      await workshop[Symbol.asyncDispose]();
      await registries[Symbol.asyncDispose]();
      await store[Symbol.asyncDispose]();
    },
  };
}

class LazyWorkshop implements AsyncDisposable {
  readonly #parts: WorkshopParts;
  #opened: Promise<Workshop> | undefined;

  constructor(parts: WorkshopParts) {
    this.#parts = parts;
  }

  open(): Promise<Workshop> {
    this.#opened ??= import("./workshop.ts").then(({ openWorkshop }) => openWorkshop(this.#parts));
    return this.#opened;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await (await this.#opened)?.[Symbol.asyncDispose]();
  }
}

const servicesOf = (workshop: LazyWorkshop) => ({
  containers: lazyService(async () => (await workshop.open()).containers, {
    logs: true,
    stats: true,
    export: true,
  }),
  execs: lazyService(async () => (await workshop.open()).execs, {}),
  builds: lazyService(async () => (await workshop.open()).builds, {}),
  buildHistory: lazyService(async () => (await workshop.open()).buildHistory, { events: true }),
  buildDebugger: lazyService(async () => (await workshop.open()).buildDebugger, {}),
  volumes: lazyService(async (): Promise<Engine["volumes"]> => (await workshop.open()).volumes, {}),
  networks: lazyService(async () => (await workshop.open()).networks, {}),
});

const usersOf =
  (records: readonly ContainerRecord[]): ImageUsers =>
  (image) =>
    records
      .filter(({ imageId }) => imageId === image.id)
      .map((record) => ({ id: record.id, running: isActive(record) }));
