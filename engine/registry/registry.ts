import { setTimeout as sleep } from "node:timers/promises";
import { describeError } from "../../core/errors.ts";
import type { Abortable } from "../../core/streams.ts";
import { collectRegistry } from "../../registry/care/collect.ts";
import { scrubRegistry } from "../../registry/care/scrub.ts";
import type { Registries } from "../../registry/client/registries.ts";
import type { RegistryStorage } from "../../registry/storage/registry-storage.ts";
import type { Store } from "../../store/types.ts";
import type { Jobs } from "../jobs.ts";
import type { RegistryAccessService } from "./access-api.ts";
import type {
  RegistryCollectOptions,
  RegistryListening,
  RegistryServeOptions,
  RegistryService,
} from "./api.ts";
import { listen } from "./listen.ts";
import type { Observation } from "./observation.ts";
import { parseRetention, readRetention } from "./retention.ts";
import type { OpenedTls } from "./tls.ts";

/** An upload nobody added to for a day is given up. */
const UPLOAD_MS = 24 * 60 * 60 * 1000;
/** A timer that is set for longer ends at once. */
const LONGEST_MS = 2 ** 31 - 1;

export interface RegistryParts {
  readonly store: Store;
  readonly jobs: Jobs;
  /** The client by which upstreams are asked; whoever asks for it disposes it. */
  readonly upstreams: () => Promise<Registries>;
}

export class Registry implements RegistryService {
  readonly #store: Store;
  readonly #jobs: Jobs;
  readonly #upstreams: () => Promise<Registries>;

  constructor({ store, jobs, upstreams }: RegistryParts) {
    this.#store = store;
    this.#jobs = jobs;
    this.#upstreams = upstreams;
  }

  async serve(
    options: RegistryServeOptions,
    ready: (listening: RegistryListening) => void,
    signal: AbortSignal,
  ): Promise<void> {
    const { RegistryServer } = await import("../../registry/server/registry-server.ts");
    const [{ surround }, { openObservation }] = await Promise.all([
      import("./layers.ts"),
      import("./observation.ts"),
    ]);
    const tls = await this.#openTls(options);
    // A mistake is told of now rather than in an hour.
    await readRetention(options.retention, this.#store.paths);
    await using storage = await this.#open(options.directory);
    await using proxies = await this.#openProxies(storage, options);
    await using observation = await openObservation(options, this.#store.paths.registry);
    const { layers, ...surroundings } = surround(options, this.#store.paths.registry);
    await using server = new RegistryServer({
      storage,
      layers: proxies === undefined ? layers : [...layers, proxies.layer],
      ...surroundings,
      observers: observation.observers,
      limits: { maxUploads: options.maxUploads },
      sparse: options.sparse,
      report: options.report,
      ...(tls === undefined ? {} : { tls: tls.files }),
    });
    await using _metrics = await observation.serveMetrics(storage);
    const address = await listen(server, options);
    ready({ address, ...(tls?.authority === undefined ? {} : { authority: tls.authority }) });
    await Promise.all([
      aborted(signal),
      this.#collectRegularly({ storage, options, collected: observation.collected }, signal),
      tls?.renew(signal),
    ]);
  }

  async #openTls(options: RegistryServeOptions): Promise<OpenedTls | undefined> {
    if (options.tls === undefined) return undefined;
    return (await import("./tls.ts")).openTls(options.tls, this.#store, options);
  }

  async #openProxies(storage: RegistryStorage, { proxies }: RegistryServeOptions) {
    if (proxies === undefined) return undefined;
    const [{ openProxies }, { parseProxies }] = await Promise.all([
      import("../../registry/proxy/open-proxies.ts"),
      import("../../registry/proxy/proxies.ts"),
    ]);
    const proxied = parseProxies(proxies.upstreams);
    return openProxies({ storage, proxied, ttlMs: proxies.ttlMs, registries: await this.#upstreams() });
  }

  async access(): Promise<RegistryAccessService> {
    const [{ accessPaths }, { RegistryAccess }] = await Promise.all([
      import("../../registry/access/access-paths.ts"),
      import("./access.ts"),
    ]);
    const { paths, locks } = this.#store;
    return new RegistryAccess({ paths: accessPaths(paths.registry), locks });
  }

  async #open(directory: string | undefined): Promise<RegistryStorage> {
    if (directory === undefined)
      return (await import("../../registry/storage/embedded.ts")).openEmbedded(this.#store);
    return (await import("../../registry/storage/filesystem.ts")).openFilesystem(directory);
  }

  /** One collection at a time; the next begins that long after the end of the last. */
  async #collectRegularly(
    parts: {
      readonly storage: RegistryStorage;
      readonly options: RegistryServeOptions;
      readonly collected: Observation["collected"];
    },
    signal: AbortSignal,
  ) {
    const { storage, options, collected } = parts;
    const { collectEveryMs, graceMs, proxies, report } = options;
    const unused = proxies === undefined || proxies.keepMs === 0 ? {} : { unusedMs: proxies.keepMs };
    const collect = async () => {
      const retention = await readRetention(options.retention, this.#store.paths);
      const result = await collectRegistry(storage, {
        graceMs,
        uploadMs: UPLOAD_MS,
        ...unused,
        untagged: false,
        retention,
        dryRun: false,
        signal,
      });
      collected(result);
    };
    while (collectEveryMs > 0) {
      await sleep(Math.min(collectEveryMs, LONGEST_MS), undefined, { signal }).catch(() => undefined);
      if (signal.aborted) return;
      await collect().catch((error: unknown) => {
        if (signal.aborted) return;
        collected(undefined);
        report(`collecting garbage: ${describeError(error)}`);
      });
    }
  }

  collect(options: RegistryCollectOptions) {
    const { directory, retention: given, ...rest } = options;
    return this.#jobs.record("collect", { registry: directory ?? true }, async () => {
      const retention =
        given === undefined ? await readRetention(undefined, this.#store.paths) : await parseRetention(given);
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

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
