import type { BuildCacheEntry, BuildService } from "../engine/api.ts";
import { children, type Document, flag, number, text, texts } from "./http/fields.ts";
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

  async usage(): Promise<readonly BuildCacheEntry[]> {
    const query = { type: "build-cache" };
    const document = await this.#transport.document({ method: "GET", path: "/system/df", query });
    return children(document, "BuildCache").map(cacheEntry);
  }

  async prune({ all }: { readonly all?: boolean } = {}) {
    const document = await this.#transport.document({ method: "POST", path: "/build/prune", query: { all } });
    return { records: texts(document, "CachesDeleted").length, bytes: number(document, "SpaceReclaimed") };
  }
}

const cacheEntry = (document: Document): BuildCacheEntry => ({
  id: text(document, "ID"),
  kind: text(document, "Type") === "exec.cachemount" ? "mount" : "step",
  description: text(document, "Description"),
  bytes: number(document, "Size"),
  createdAt: new Date(text(document, "CreatedAt")),
  usedAt: new Date(text(document, "LastUsedAt")),
  inUse: flag(document, "InUse"),
  shared: flag(document, "Shared"),
});
