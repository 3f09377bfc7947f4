import { createReadStream } from "node:fs";
import type { Context } from "mocha";
import type { Digest } from "../../core/digest.ts";
import { loadKernel } from "../../native/binding.ts";
import type { Kernel } from "../../native/kernel.ts";
import { launcherPath } from "../../native/launcher.ts";
import { createControlGroups } from "../../runtime/cgroups/host-control-groups.ts";
import type { CgroupLayout } from "../../runtime/cgroups/layout.ts";
import { ContainerManager } from "../../runtime/containers/container-manager.ts";
import type { EventSink } from "../../runtime/events.ts";
import { NativeLauncher } from "../../runtime/launch/native-launcher.ts";
import { translateNames } from "../../runtime/network/firewall.ts";
import type { Networks } from "../../runtime/network/networks.ts";
import { openNetworks } from "../../runtime/network/open-networks.ts";
import { createSeccompCompiler } from "../../runtime/seccomp/compile.ts";
import { seccompFor } from "../../runtime/seccomp/resolve.ts";
import { readHostFacts } from "../../runtime/spec/host-facts.ts";
import { Volumes } from "../../runtime/volumes/volumes.ts";
import { openStore } from "../../store/open-store.ts";
import type { Store } from "../../store/types.ts";
import { requiresBaseImage, requiresNativeCore, requiresOverlay } from "./requires.ts";
import { Scratch } from "./scratch.ts";
import { testedDriver } from "./snapshot-driver.ts";

/** A state root of its own with the busybox layer in it, and what runs containers on it. */
export interface RuntimeRig extends AsyncDisposable {
  readonly scratch: Scratch;
  readonly store: Store;
  readonly kernel: Kernel;
  readonly launcher: NativeLauncher;
  readonly networks: Networks;
  /** Of busybox. */
  readonly layers: readonly Digest[];
  readonly volumes: Volumes;
  /** What its containers reported, in order. */
  readonly events: Parameters<EventSink>[0][];
  /** Containers as a process of its own would see them, on this machine or on one with other control groups. */
  openContainers(layout?: CgroupLayout): ContainerManager;
}

/** What every test with real containers needs; skips the suite where it is missing. */
export function requiresContainers(test: Context): string {
  requiresOverlay(test);
  requiresNativeCore(test);
  return requiresBaseImage(test, "busybox:latest").tar;
}

export async function openRuntimeRig(tar: string): Promise<RuntimeRig> {
  const scratch = new Scratch();
  const kernel = loadKernel();
  const store = await openStore(scratch.join("root"), { kernel, ...testedDriver() });
  const { diffId } = await store.layers.adopt(createReadStream(tar));
  const networks = openNetworks(store, kernel);
  const volumes = new Volumes({ paths: store.paths, database: store.database, locks: store.locks, kernel });
  const compileSeccomp = createSeccompCompiler({ kernel });
  const events: Parameters<EventSink>[0][] = [];
  const launcher = new NativeLauncher({ kernel, path: launcherPath(), compileSeccomp });
  return {
    scratch,
    store,
    kernel,
    launcher,
    networks,
    layers: [diffId],
    volumes,
    events,
    openContainers(layout) {
      const cgroups = createControlGroups(kernel, layout);
      return new ContainerManager({
        store,
        kernel,
        launcher,
        cgroups,
        networks,
        translateNames,
        volumes,
        host: readHostFacts(cgroups.namespaces),
        seccompFor,
        record: (event) => void events.push(event),
        exitCodeOf: (id) => {
          const died = events.findLast((event) => event.id === id && event.action === "die");
          return died && Number(died.attributes["exitCode"]);
        },
      });
    },
    async [Symbol.asyncDispose]() {
      for (const network of networks.list()) await networks.driverOf(network).delete(network);
      await store[Symbol.asyncDispose]();
      scratch[Symbol.dispose]();
    },
  };
}
