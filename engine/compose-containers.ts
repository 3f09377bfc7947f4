import type { Kernel } from "../native/kernel.ts";
import { launcherPath } from "../native/launcher.ts";
import { createControlGroups } from "../runtime/cgroups/host-control-groups.ts";
import type { ContainerRecord } from "../runtime/container-config.ts";
import { ContainerManager } from "../runtime/containers/container-manager.ts";
import { NativeLauncher } from "../runtime/launch/native-launcher.ts";
import { translateNames } from "../runtime/network/firewall.ts";
import { openNetworks } from "../runtime/network/open-networks.ts";
import { createSeccompCompiler } from "../runtime/seccomp/compile.ts";
import { resolveBuiltin, seccompFor } from "../runtime/seccomp/resolve.ts";
import { readHostFacts } from "../runtime/spec/host-facts.ts";
import { createTransientRunner, type TransientRunner } from "../runtime/transient.ts";
import { Volumes as VolumeStore } from "../runtime/volumes/volumes.ts";
import type { Store } from "../store/types.ts";
import type { Engine } from "./api.ts";
import { ExecTable } from "./containers/exec-table.ts";
import { Containers } from "./containers.ts";
import type { EventLog } from "./events/event-log.ts";
import { type Accounts, Execs } from "./execs.ts";
import type { Jobs } from "./jobs.ts";
import { Networks } from "./networks.ts";
import { Volumes } from "./volumes.ts";

export interface ContainerParts {
  readonly store: Store;
  readonly kernel: Kernel;
  readonly jobs: Jobs;
  readonly events: EventLog;
}

export interface ContainerServices extends Pick<Engine, "containers" | "execs" | "networks"> {
  readonly volumes: Volumes;
  records(): Promise<readonly ContainerRecord[]>;
  /** Gives back what processes that are gone held. */
  sweep(): Promise<void>;
  /** What the steps of builds are run by; the caller disposes it. */
  createRunner(): TransientRunner;
}

/** Constructs what containers are run by: much of the program, which compose.ts loads when it is needed. */
export function openContainers(parts: ContainerParts): ContainerServices {
  const { store, kernel, jobs, events } = parts;
  const { record } = events;
  const { networks, volumes, cgroups, manager, createRunner } = openRuntime(parts);
  const execs = new ExecTable();
  const containers = new Containers({
    store,
    kernel,
    jobs,
    manager,
    cgroupNamespace: cgroups.namespaces ? "private" : "host",
    execs,
    record,
  });
  const records = () => manager.list();
  const accounts: Accounts = async (container) => {
    using tree = await manager.openRoot(container);
    return { passwd: tree.readText("/etc/passwd"), group: tree.readText("/etc/group") };
  };
  return {
    containers,
    execs: new Execs({ containers, accounts, table: execs }),
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
    createRunner,
  };
}

function openRuntime({ store, kernel, events }: ContainerParts) {
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
  const shared = { kernel, launcher, networks, host, cgroups };
  const manager = new ContainerManager({
    ...shared,
    store,
    seccompFor,
    translateNames,
    volumes,
    record: events.record,
    exitCodeOf: (id) => events.exitCodeOf(id),
  });
  const createRunner = () => createTransientRunner({ ...shared, trees, seccomp: resolveBuiltin });
  return { networks, volumes, cgroups, manager, createRunner };
}
