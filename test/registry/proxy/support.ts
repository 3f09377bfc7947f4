import { readdirSync } from "node:fs";
import { Undo } from "../../../core/undo.ts";
import { loadKernel } from "../../../native/binding.ts";
import { Registries, type RegistryOptions } from "../../../registry/client/registries.ts";
import { openProxies } from "../../../registry/proxy/open-proxies.ts";
import { parseProxies } from "../../../registry/proxy/proxies.ts";
import { openEmbedded } from "../../../registry/storage/embedded.ts";
import { openFilesystem } from "../../../registry/storage/filesystem.ts";
import type { RegistryStorage } from "../../../registry/storage/registry-storage.ts";
import { openStore } from "../../../store/open-store.ts";
import { Scratch } from "../../support/scratch.ts";
import { testedDriver } from "../../support/snapshot-driver.ts";
import { FakeRegistry } from "../client/fake-registry.ts";
import { anonymous } from "../client/support.ts";
import { TestRegistry } from "../server/support.ts";

export type StorageName = "embedded" | "filesystem";

/** A registry whose repositories below "up/" are copies of what another one has, with a clock that stands still. */
export class TestProxy implements AsyncDisposable {
  readonly upstream: FakeRegistry;
  readonly registry: TestRegistry;
  readonly #root: string;
  readonly #close: () => Promise<void>;
  readonly clock: { now: number };

  private constructor(
    parts: Pick<TestProxy, "upstream" | "registry" | "clock"> & { readonly root: string },
    close: () => Promise<void>,
  ) {
    this.upstream = parts.upstream;
    this.registry = parts.registry;
    this.clock = parts.clock;
    this.#root = parts.root;
    this.#close = close;
  }

  static async open(
    options: { readonly storage?: StorageName } & Partial<RegistryOptions> = {},
  ): Promise<TestProxy> {
    const { storage: name = "filesystem", ...client } = options;
    const undo = new Undo();
    const scratch = new Scratch();
    undo.add(() => scratch[Symbol.dispose]());
    const root = scratch.join("root");
    const storage = await openStorage(name, root, undo);
    const upstream = owned(undo, await FakeRegistry.start());
    const clock = { now: Date.now() };
    const proxies = owned(
      undo,
      openProxies({
        storage,
        registries: new Registries({ ...anonymous, retries: { wait: async () => undefined }, ...client }),
        proxied: parseProxies([`up=http://${upstream.host}`]),
        ttlMs: 60_000,
        now: () => clock.now,
      }),
    );
    const registry = owned(undo, await TestRegistry.open({ storage, layers: [proxies.layer] }));
    return new TestProxy({ upstream, registry, clock, root }, () => undo[Symbol.asyncDispose]());
  }

  /** Unfinished blobs that lie about. */
  get uploads(): readonly string[] {
    return readdirSync(`${this.#root}/uploads`);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#close();
  }
}

function owned<T extends AsyncDisposable>(undo: Undo, one: T): T {
  undo.add(() => one[Symbol.asyncDispose]());
  return one;
}

async function openStorage(name: StorageName, root: string, undo: Undo): Promise<RegistryStorage> {
  if (name === "filesystem") return owned(undo, openFilesystem(root));
  return openEmbedded(owned(undo, await openStore(root, { kernel: loadKernel(), ...testedDriver() })));
}
