import { createReadStream, readFileSync } from "node:fs";
import type { Context } from "mocha";
import type { Digest } from "../../core/digest.ts";
import { loadKernel } from "../../native/binding.ts";
import type { Kernel } from "../../native/kernel.ts";
import { launcherPath } from "../../native/launcher.ts";
import { NativeLauncher } from "../../runtime/launch/native-launcher.ts";
import { BridgeDriver } from "../../runtime/network/bridge-driver.ts";
import { createFirewall } from "../../runtime/network/firewall.ts";
import { Networks } from "../../runtime/network/networks.ts";
import { createNullDriver, hostDriver } from "../../runtime/network/plain-drivers.ts";
import { createSeccompCompiler } from "../../runtime/seccomp/compile.ts";
import { openStore } from "../../store/open-store.ts";
import type { Store } from "../../store/types.ts";
import { requiresBaseImage, requiresNativeCore, requiresOverlay } from "./requires.ts";
import { Scratch } from "./scratch.ts";

/** A state root of its own with the busybox layer in it, and what runs containers on it. */
export interface RuntimeRig extends AsyncDisposable {
  readonly scratch: Scratch;
  readonly store: Store;
  readonly kernel: Kernel;
  readonly launcher: NativeLauncher;
  readonly networks: Networks;
  /** Of busybox. */
  readonly layers: readonly Digest[];
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
  const store = await openStore(scratch.join("root"), { kernel });
  const { diffId } = await store.layers.adopt(createReadStream(tar));
  const networks = openNetworks(store, kernel);
  return {
    scratch,
    store,
    kernel,
    launcher: new NativeLauncher({
      kernel,
      path: launcherPath(),
      compileSeccomp: createSeccompCompiler({ kernel }),
    }),
    networks,
    layers: [diffId],
    async [Symbol.asyncDispose]() {
      const bridge = networks.get("bridge");
      await networks.driverOf(bridge).delete(bridge);
      await store[Symbol.asyncDispose]();
      scratch[Symbol.dispose]();
    },
  };
}

function openNetworks(store: Store, kernel: Kernel): Networks {
  const root = store.paths.root;
  return new Networks({
    root,
    database: store.database,
    locks: store.locks,
    drivers: [
      new BridgeDriver({ root, kernel, firewall: createFirewall() }),
      hostDriver,
      createNullDriver(kernel),
    ],
    routes: () => readFileSync("/proc/net/route", "utf8"),
  });
}
