import { createBuilder } from "../builder/build.ts";
import type { HttpSource } from "../builder/ports.ts";
import { loadKernel } from "../native/binding.ts";
import { launcherPath } from "../native/launcher.ts";
import { createControlGroups } from "../runtime/cgroups/host-control-groups.ts";
import type { ContainerRecord } from "../runtime/container-config.ts";
import { ContainerManager } from "../runtime/containers/container-manager.ts";
import { NativeLauncher } from "../runtime/launch/native-launcher.ts";
import { translateNames } from "../runtime/network/firewall.ts";
import { openNetworks } from "../runtime/network/open-networks.ts";
import { createSeccompCompiler } from "../runtime/seccomp/compile.ts";
import { resolveSeccomp } from "../runtime/seccomp/resolve.ts";
import { readHostFacts } from "../runtime/spec/host-facts.ts";
import { createTransientRunner } from "../runtime/transient.ts";
import { Volumes as VolumeStore } from "../runtime/volumes/volumes.ts";
import { openStore } from "../store/open-store.ts";
import { parseDriverName } from "../store/snapshots/choose-driver.ts";
import type { Engine } from "./api.ts";
import { BuildCache } from "./builds/cache/build-cache.ts";
import { cachePlaces } from "./builds/cache-places.ts";
import { Debugger } from "./builds/debug/debugger.ts";
import { FailureTable } from "./builds/debug/failure-table.ts";
import { BuildTable } from "./builds/history/build-table.ts";
import { History } from "./builds/history/history.ts";
import { Builds } from "./builds.ts";
import { isActive } from "./containers/active.ts";
import { Containers } from "./containers.ts";
import { Distribution } from "./distribution.ts";
import { EventLog } from "./events/event-log.ts";
import { Events } from "./events.ts";
import { Execs } from "./execs.ts";
import { LazyExecutor } from "./executor.ts";
import type { ImageUsers } from "./images/remove.ts";
import { imageSource } from "./images/source.ts";
import { Images } from "./images.ts";
import { Jobs } from "./jobs.ts";
import { Networks } from "./networks.ts";
import { LazyRegistries, type RegistrySettings } from "./registries.ts";
import { Registry } from "./registry/registry.ts";
import { System } from "./system.ts";
import { Volumes } from "./volumes.ts";

export interface EngineSettings {
  /** Snapshot driver by name, of a new root; one that has another is refused. */
  readonly driver?: string | undefined;
  readonly registries?: RegistrySettings;
}

/** Opens the engine on a state root: the one place where everything is constructed. The caller disposes it. */
export async function openEngine(root: string, settings: EngineSettings = {}): Promise<Engine> {
  const kernel = loadKernel();
  const { driver } = settings;
  const store = await openStore(root, {
    kernel,
    ...(driver === undefined ? {} : { driver: parseDriverName(driver) }),
  });
  const { database, locks, paths, trees } = store;
  const jobs = new Jobs(database);
  const events = new EventLog(database);
  const builds = new BuildTable(database);
  const buildHistory = new History(builds, Date.now);
  const failures = new FailureTable(database, Date.now);
  const networks = openNetworks(store, kernel);
  const volumes = new VolumeStore({ paths, database, locks, kernel });
  const cgroups = createControlGroups(kernel);
  const launcher = new NativeLauncher({
    kernel,
    path: launcherPath(),
    compileSeccomp: createSeccompCompiler({ kernel, cacheDir: paths.seccomp }),
  });
  const host = readHostFacts(cgroups.namespaces);
  const executor = new LazyExecutor(() =>
    createTransientRunner({
      kernel,
      launcher,
      networks,
      trees,
      host,
      cgroups,
      seccomp: resolveSeccomp,
    }),
  );
  const { registries: registrySettings = { env: process.env } } = settings;
  const registries = new LazyRegistries(store, registrySettings);
  const http: HttpSource = {
    get: async (url, headers, options) => (await registries.client()).fetch(url, headers, options),
  };
  const builder = createBuilder({
    store,
    executor,
    http,
    images: imageSource({ images: store.images, registries }),
    caches: cachePlaces({ store, registries }),
  });
  const manager = new ContainerManager({
    store,
    kernel,
    launcher,
    cgroups,
    networks,
    translateNames,
    volumes,
    host,
    seccomp: resolveSeccomp,
    record: events.record,
  });
  const records = () => manager.list();
  const volumeService = new Volumes({ volumes, trees, jobs, record: events.record });
  const containers = new Containers({
    store,
    kernel,
    jobs,
    manager,
    cgroupNamespace: cgroups.namespaces ? "private" : "host",
    record: events.record,
  });
  const cache = new BuildCache({ store, builder, failures, policy: undefined });
  const buildService = new Builds({ store, kernel, jobs, builder, http, table: builds, failures, cache });
  return {
    images: new Images({
      store,
      kernel,
      jobs,
      users: async () => usersOf(await records()),
      registries: registries.client,
      record: events.record,
    }),
    containers,
    execs: new Execs(containers, async (container) => {
      using tree = await manager.openRoot(container);
      return { passwd: tree.readText("/etc/passwd"), group: tree.readText("/etc/group") };
    }),
    builds: buildService,
    buildHistory,
    buildDebugger: new Debugger({
      store,
      failures,
      open: (request) => executor.open(request),
      refOf: async (build) => (await buildHistory.get(build)).ref,
    }),
    volumes: volumeService,
    distribution: new Distribution(registries),
    networks: new Networks({
      networks,
      connections: manager.connections,
      containers: records,
      jobs,
      record: events.record,
    }),
    events: new Events({ log: events, look: async () => void (await records()) }),
    system: new System({
      store,
      registries: registrySettings,
      jobs,
      containers: records,
      volumes: () => volumeService.usage(),
      buildCache: () => buildService.usage(),
      sweep: () => manager.sweep(),
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
