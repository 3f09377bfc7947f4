import { isIPv6 } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { describeError, Failure } from "../core/errors.ts";
import type { Abortable } from "../core/streams.ts";
import { collectRegistry } from "../registry/care/collect.ts";
import { scrubRegistry } from "../registry/care/scrub.ts";
import type { RegistryServer } from "../registry/server/registry-server.ts";
import type { RegistryStorage } from "../registry/storage/registry-storage.ts";
import type { Store } from "../store/types.ts";
import type { Jobs } from "./jobs.ts";
import type { RegistryAccessService } from "./registry-access-api.ts";
import type {
  RegistryCollectOptions,
  RegistryListening,
  RegistryServeOptions,
  RegistryService,
} from "./registry-api.ts";
import { readRetention } from "./registry-retention.ts";
import type { OpenedTls } from "./registry-tls.ts";

/** An upload nobody added to for a day is given up. */
const UPLOAD_MS = 24 * 60 * 60 * 1000;

export class Registry implements RegistryService {
  readonly #store: Store;
  readonly #jobs: Jobs;

  constructor({ store, jobs }: { readonly store: Store; readonly jobs: Jobs }) {
    this.#store = store;
    this.#jobs = jobs;
  }

  async serve(
    options: RegistryServeOptions,
    ready: (listening: RegistryListening) => void,
    signal: AbortSignal,
  ): Promise<void> {
    const { RegistryServer } = await import("../registry/server/registry-server.ts");
    const { surround } = await import("./registry-layers.ts");
    const tls = await this.#openTls(options);
    // A mistake is told of now rather than in an hour.
    await readRetention(options.retention, this.#store.paths);
    await using storage = await this.#open(options.directory);
    await using server = new RegistryServer({
      storage,
      ...surround(options, this.#store.paths.registry),
      limits: { maxUploads: options.maxUploads },
      sparse: options.sparse,
      report: options.report,
      ...(tls === undefined ? {} : { tls: tls.files }),
    });
    const address = await listen(server, options);
    ready({ address, ...(tls?.authority === undefined ? {} : { authority: tls.authority }) });
    await Promise.all([
      aborted(signal),
      this.#collectRegularly(storage, options, signal),
      tls?.renew(signal),
    ]);
  }

  async #openTls({ tls, report }: RegistryServeOptions): Promise<OpenedTls | undefined> {
    if (tls === undefined) return undefined;
    return (await import("./registry-tls.ts")).openTls(tls, this.#store, report);
  }

  async access(): Promise<RegistryAccessService> {
    const [{ accessPaths }, { RegistryAccess }] = await Promise.all([
      import("../registry/access/access-paths.ts"),
      import("./registry-access.ts"),
    ]);
    const { paths, locks } = this.#store;
    return new RegistryAccess({ paths: accessPaths(paths.registry), locks });
  }

  async #open(directory: string | undefined): Promise<RegistryStorage> {
    if (directory === undefined)
      return (await import("../registry/storage/embedded.ts")).openEmbedded(this.#store);
    return (await import("../registry/storage/filesystem.ts")).openFilesystem(directory);
  }

  /** One collection at a time; the next begins that long after the end of the last. */
  async #collectRegularly(storage: RegistryStorage, options: RegistryServeOptions, signal: AbortSignal) {
    const { collectEveryMs, graceMs, report } = options;
    const collect = async () => {
      const retention = await readRetention(options.retention, this.#store.paths);
      await collectRegistry(storage, {
        graceMs,
        uploadMs: UPLOAD_MS,
        untagged: false,
        retention,
        dryRun: false,
        signal,
      });
    };
    while (collectEveryMs > 0) {
      await sleep(collectEveryMs, undefined, { signal }).catch(() => undefined);
      if (signal.aborted) return;
      await collect().catch(
        (error: unknown) => signal.aborted || report(`collecting garbage: ${describeError(error)}`),
      );
    }
  }

  collect(options: RegistryCollectOptions) {
    const { directory, retention: file, ...rest } = options;
    return this.#jobs.record("collect", { registry: directory ?? true }, async () => {
      const retention = await readRetention(file, this.#store.paths);
      await using storage = await this.#open(directory);
      return await collectRegistry(storage, { ...rest, retention, uploadMs: UPLOAD_MS });
    });
  }

  scrub(options: { readonly directory?: string } & Abortable = {}) {
    return this.#jobs.record("check", { registry: options.directory ?? true }, async () => {
      await using storage = await this.#open(options.directory);
      return await scrubRegistry(storage, options);
    });
  }
}

/** Resolves with the address in the form of --addr. Rejects with PORT_TAKEN. */
async function listen(
  server: RegistryServer,
  { host, port }: Pick<RegistryServeOptions, "host" | "port">,
): Promise<string> {
  const format = (name: string, number: number): string => `${isIPv6(name) ? `[${name}]` : name}:${number}`;
  try {
    const bound = await server.listen({ port, ...(host === undefined ? {} : { host }) });
    return format(bound.address, bound.port);
  } catch (cause) {
    const { code = "" } = cause as NodeJS.ErrnoException;
    const why = { EADDRINUSE: "address already in use", EACCES: "permission denied" }[code];
    if (why === undefined) throw cause;
    throw new Failure("PORT_TAKEN", { binding: format(host ?? "", port), why }, { cause });
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
