import { existsSync } from "node:fs";
import { Failure } from "../../core/errors.ts";
import { accessPaths } from "../../registry/access/access-paths.ts";
import type { Observer } from "../../registry/server/call.ts";
import { accessLog } from "../../registry/server/observers/access-log.ts";
import { audit } from "../../registry/server/observers/audit.ts";
import type { RegistryMetrics } from "../../registry/server/observers/metrics.ts";
import { Webhooks } from "../../registry/server/webhooks/webhooks.ts";
import type { RegistryStorage } from "../../registry/storage/registry-storage.ts";
import type { RegistryServeOptions } from "./api.ts";
import { listen } from "./listen.ts";

/** Whoever is told of what a registry does: logs, webhooks, metrics. */
export interface Observation extends AsyncDisposable {
  readonly observers: readonly Observer[];
  readonly collected: RegistryMetrics["collected"];
  /** Serves the metrics until it is disposed. Rejects with PORT_TAKEN. */
  serveMetrics(storage: RegistryStorage): Promise<AsyncDisposable>;
}

const NOTHING: AsyncDisposable = { [Symbol.asyncDispose]: async () => undefined };

/** `folder`: where access control keeps its files. Rejects with ACCESS_FILE_INVALID. */
export async function openObservation(options: RegistryServeOptions, folder: string): Promise<Observation> {
  const { log, audit: record, report, metrics: address } = options;
  const webhooks = new Webhooks({ path: webhookFile(options, folder), report });
  const metrics = address === undefined ? undefined : await loadMetrics(() => webhooks.pending);
  return {
    observers: [
      ...(log === undefined ? [] : [accessLog(log)]),
      ...(record === undefined ? [] : [audit(record)]),
      ...(metrics === undefined ? [] : [metrics.observe]),
      webhooks.observe,
    ],
    collected: metrics?.collected ?? (() => undefined),
    async serveMetrics(storage) {
      if (metrics === undefined || address === undefined) return NOTHING;
      const { MetricsServer } = await import("../../registry/server/metrics-server.ts");
      const server = new MetricsServer({ metrics, storage, report });
      await listen(server, address);
      return server;
    },
    [Symbol.asyncDispose]: () => webhooks[Symbol.asyncDispose](),
  };
}

function webhookFile({ webhooks }: RegistryServeOptions, folder: string): string {
  if (webhooks !== undefined && !existsSync(webhooks))
    throw new Failure("ACCESS_FILE_INVALID", { file: webhooks, why: "no such file" });
  return webhooks ?? accessPaths(folder).webhooks;
}

/** The library takes a while to load, and most registries are not measured. */
const loadMetrics = async (pending: () => number): Promise<RegistryMetrics> =>
  (await import("../../registry/server/observers/metrics.ts")).createMetrics(pending);
