import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { describeError } from "../../core/errors.ts";
import type { RegistryStorage } from "../storage/registry-storage.ts";
import type { RegistryMetrics } from "./observers/metrics.ts";

export interface MetricsServerOptions {
  readonly metrics: Pick<RegistryMetrics, "render">;
  readonly storage: RegistryStorage;
  readonly report: (line: string) => void;
}

interface Page {
  readonly type: string;
  readonly body: string;
}
const text = (body: string): Page => ({ type: "text/plain", body });
const IDLE_MS = 10_000;

/** For those who watch a registry, at an address of their own: it knows no users. */
export class MetricsServer implements AsyncDisposable {
  readonly #pages: Readonly<Record<string, () => Promise<Page>>>;
  readonly #report: (line: string) => void;
  readonly #server = createServer(
    { headersTimeout: IDLE_MS, requestTimeout: IDLE_MS },
    (request, response) => void this.#serve(request, response),
  );

  constructor({ metrics, storage, report }: MetricsServerOptions) {
    this.#report = report;
    this.#pages = {
      "/metrics": () => metrics.render(),
      "/healthz": async () => text("ok\n"),
      "/readyz": async () => {
        await storage.metadata.repositories({ limit: 1 });
        return text("ready\n");
      },
    };
  }

  async listen(address: { readonly host?: string; readonly port: number }): Promise<AddressInfo> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once("error", reject).listen(address, resolve);
    });
    return this.#server.address() as AddressInfo;
  }

  async #serve({ method, url = "" }: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = url.replace(/\?.*/, "");
    const page = Object.hasOwn(this.#pages, path) ? this.#pages[path] : undefined;
    if (page === undefined) return void response.writeHead(404).end();
    if (method !== "GET" && method !== "HEAD")
      return void response.writeHead(405, { allow: "GET, HEAD" }).end();
    try {
      const { type, body } = await page();
      response.writeHead(200, { "content-type": type, "content-length": Buffer.byteLength(body) });
      response.end(method === "HEAD" ? undefined : body);
    } catch (error) {
      this.#report(`${path}: ${describeError(error)}`);
      response.writeHead(503).end();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await new Promise((resolve) => {
      this.#server.close(resolve);
      this.#server.closeAllConnections();
    });
  }
}
