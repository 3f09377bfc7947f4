import type { RegistryClient } from "../registry/client/registry-client.ts";
import type { Store } from "../store/types.ts";

/** The client of registries, loaded and made for the first exchange: most commands need none. */
export class LazyRegistries implements AsyncDisposable {
  readonly #store: Store;
  #client: Promise<RegistryClient> | undefined;

  constructor(store: Store) {
    this.#store = store;
  }

  client(): Promise<RegistryClient> {
    this.#client ??= this.#make();
    return this.#client;
  }

  async #make(): Promise<RegistryClient> {
    const { RegistryClient } = await import("../registry/client/registry-client.ts");
    return new RegistryClient(this.#store, {
      credentials: { get: () => Promise.resolve(undefined) },
      env: process.env,
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await (await this.#client)?.[Symbol.asyncDispose]();
  }
}
