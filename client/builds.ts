import type { BuildService } from "../engine/api.ts";
import { number, texts } from "./http/fields.ts";
import type { Transport } from "./http/transport.ts";
import { lacks } from "./lacks.ts";

export class RemoteBuilds implements BuildService {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  async build(): Promise<never> {
    throw lacks("building");
  }

  async check(): Promise<never> {
    throw lacks("checking a Dockerfile");
  }

  async receive(): Promise<never> {
    throw lacks("building what comes on standard input");
  }

  async fetchContext(): Promise<never> {
    throw lacks("building what is elsewhere");
  }

  async prune({ all }: { readonly all?: boolean } = {}) {
    const document = await this.#transport.document({ method: "POST", path: "/build/prune", query: { all } });
    return { records: texts(document, "CachesDeleted").length, bytes: number(document, "SpaceReclaimed") };
  }
}
