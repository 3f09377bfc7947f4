import { createBuilder } from "../builder/build.ts";
import type { HttpSource } from "../builder/ports.ts";
import type { Kernel } from "../native/kernel.ts";
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
import type { Store } from "../store/types.ts";
import type { Engine } from "./api.ts";
import { BuildCache } from "./builds/cache/build-cache.ts";
import { cachePlaces } from "./builds/cache-places.ts";
import { Debugger } from "./builds/debug/debugger.ts";
import { FailureTable } from "./builds/debug/failure-table.ts";
import { BuildTable } from "./builds/history/build-table.ts";
import { History } from "./builds/history/history.ts";
import { Builds } from "./builds.ts";
import { Containers } from "./containers.ts";
import type { EventLog } from "./events/event-log.ts";
import { Execs } from "./execs.ts";
import { LazyExecutor } from "./executor.ts";
import { imageSource } from "./images/source.ts";
import type { Jobs } from "./jobs.ts";
import { Networks } from "./networks.ts";
import type { LazyRegistries } from "./registries.ts";
import { Volumes } from "./volumes.ts";

export interface WorkshopParts {
  readonly store: Store;
  readonly kernel: Kernel;
  readonly jobs: Jobs;
  readonly events: EventLog;
  readonly registries: LazyRegistries;
}

type Services = Pick<
  Engine,
  "containers" | "execs" | "builds" | "buildHistory" | "buildDebugger" | "networks"
>;

/** What runs containers and builds. */
export interface Workshop extends Services, AsyncDisposable {
  readonly volumes: Volumes;
  records(): Promise<readonly ContainerRecord[]>;
  /** Gives back what processes that are gone held. */
  sweep(): Promise<void>;
}

/** Constructs everything that containers and builds are run by: most of the program, which compose.ts loads when it is needed. */
export function openWorkshop(parts: WorkshopParts): Workshop {
  const { store, kernel, jobs, events } = parts;
  const { record } = events;
  const { networks, volumes, cgroups, executor, manager } = openRuntime(parts);
  const failures = new FailureTable(store.database, Date.now);
  const builds = new BuildTable(store.database);
  const buildHistory = new History(builds, Date.now);
  const containers = new Containers({
    store,
    kernel,
    jobs,
    manager,
    cgroupNamespace: cgroups.namespaces ? "private" : "host",
    record,
  });
  const { builder, http } = openBuilder(parts, executor);
  const cache = new BuildCache({ store, builder, failures, policy: undefined });
  const records = () => manager.list();
  return {
    containers,
    execs: new Execs(containers, async (container) => {
      using tree = await manager.openRoot(container);
      return { passwd: tree.readText("/etc/passwd"), group: tree.readText("/etc/group") };
    }),
    builds: new Builds({ store, kernel, jobs, builder, http, table: builds, failures, cache }),
    buildHistory,
    buildDebugger: new Debugger({
      store,
      failures,
      open: (request) => executor.open(request),
      refOf: async (build) => (await buildHistory.get(build)).ref,
    }),
    volumes: new Volumes({ volumes, trees: store.trees, jobs, record }),
    networks: new Networks({
      networks,
      connections: manager.connections,
      containers: records,
      jobs,
      record,
    }),
    records,
    sweep: () => manager.sweep(),
    [Symbol.asyncDispose]: () => executor[Symbol.asyncDispose](),
  };
}

function openRuntime({ store, kernel, events }: WorkshopParts) {
  const { database, locks, paths, trees } = store;
  const networks = openNetworks(store, kernel);
  const volumes = new VolumeStore({ paths, database, locks, kernel });
  const cgroups = createControlGroups(kernel);
  const launcher = new NativeLauncher({
    kernel,
    path: launcherPath(),
    compileSeccomp: createSeccompCompiler({ kernel, cacheDir: paths.seccomp }),
  });
  const host = readHostFacts(cgroups.namespaces);
  const shared = { kernel, launcher, networks, host, cgroups, seccomp: resolveSeccomp };
  const executor = new LazyExecutor(() => createTransientRunner({ ...shared, trees }));
  const manager = new ContainerManager({ ...shared, store, translateNames, volumes, record: events.record });
  return { networks, volumes, cgroups, executor, manager };
}

function openBuilder({ store, registries }: WorkshopParts, executor: LazyExecutor) {
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
  return { builder, http };
}
