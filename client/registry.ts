import type { Abortable } from "../core/streams.ts";
import type { RegistryAccessService, RegistryCollectOptions, RegistryService } from "../engine/api.ts";
import { readCollected, readScrubbed } from "./documents/registry.ts";
import type { Transport } from "./http/transport.ts";
import { lacks } from "./lacks.ts";
import { RemoteRegistryAccess } from "./registry-access.ts";

/** The registry on the state root of Slipway's daemon, which serves it itself. */
export class RemoteRegistry implements RegistryService {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  async serve(): Promise<void> {
    throw lacks("serving the registry", "let the daemon serve it: slipway daemon --registry :5000");
  }

  async access(): Promise<RegistryAccessService> {
    return new RemoteRegistryAccess(this.#own("managing who may use the registry"));
  }

  async collect({ directory, signal, ...json }: RegistryCollectOptions) {
    if (directory !== undefined) throw lacks("collecting the garbage of a directory (--data)");
    const transport = this.#own("collecting the registry's garbage");
    const asked = { method: "POST", path: "/slipway/v1/registry/collect", json } as const;
    return readCollected(await transport.document(asked, signal === undefined ? {} : { signal }));
  }

  async scrub({ directory, ...options }: { readonly directory?: string } & Abortable = {}) {
    if (directory !== undefined) throw lacks("verifying the content of a directory (--data)");
    const transport = this.#own("verifying the registry's content");
    const asked = { method: "POST", path: "/slipway/v1/registry/scrub" } as const;
    return readScrubbed(await transport.document(asked, options));
  }

  #own(what: string): Transport {
    if (!this.#transport.isOwn) throw lacks(what);
    return this.#transport;
  }
}
