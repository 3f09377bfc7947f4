import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";
import type { RegistryCollected } from "../../care/collect.ts";
import type { Observer } from "../call.ts";

/** Any other would let clients make series without end. */
const METHODS = new Set(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"]);
const SECONDS = [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10, 60];

export interface RegistryMetrics {
  readonly observe: Observer;
  /** Undefined: the collection failed. */
  readonly collected: (result: RegistryCollected | undefined) => void;
  /** The exposition format of Prometheus. */
  readonly render: () => Promise<{ readonly type: string; readonly body: string }>;
}

/** What a registry measures of itself and its process. `pendingEvents`: how many wait for webhooks. */
export function createMetrics(pendingEvents: () => number): RegistryMetrics {
  const register = new Registry();
  const registers = [register];
  collectDefaultMetrics({ register });
  const requests = new Counter({
    name: "slipway_registry_requests_total",
    help: "Requests by end-point, method and status",
    labelNames: ["route", "method", "status"] as const,
    registers,
  });
  const durations = new Histogram({
    name: "slipway_registry_request_duration_seconds",
    help: "From the headers of a request to the last byte of its answer",
    labelNames: ["route", "method"] as const,
    buckets: SECONDS,
    registers,
  });
  const bytes = new Counter({
    name: "slipway_registry_body_bytes_total",
    help: "Bytes of bodies, by direction",
    labelNames: ["direction"] as const,
    registers,
  });
  const aborted = new Counter({
    name: "slipway_registry_aborted_total",
    help: "Requests whose client went away before the end",
    registers,
  });
  const collect = collectionMetrics(register);
  new Gauge({
    name: "slipway_registry_webhook_events_pending",
    help: "Events that wait for their receivers",
    registers,
    collect() {
      this.set(pendingEvents());
    },
  });
  return {
    observe: ({ call, answer, receivedBytes, sentBytes, durationMs, complete }) => {
      const { route } = call.target;
      const method = METHODS.has(call.method) ? call.method : "other";
      requests.inc({ route, method, status: answer.status });
      durations.observe({ route, method }, durationMs / 1000);
      bytes.inc({ direction: "received" }, receivedBytes);
      bytes.inc({ direction: "sent" }, sentBytes);
      if (!complete) aborted.inc();
    },
    collected: collect,
    render: async () => ({ type: register.contentType, body: await register.metrics() }),
  };
}

function collectionMetrics(register: Registry): RegistryMetrics["collected"] {
  const registers = [register];
  const runs = new Counter({
    name: "slipway_registry_collections_total",
    help: "Collections of garbage by result",
    labelNames: ["result"] as const,
    registers,
  });
  const removed = new Counter({
    name: "slipway_registry_collected_total",
    help: "What collections have taken out of repositories, by kind",
    labelNames: ["kind"] as const,
    registers,
  });
  const freed = new Counter({
    name: "slipway_registry_collected_bytes_total",
    help: "Bytes that collections have freed",
    registers,
  });
  return (result) => {
    runs.inc({ result: result === undefined ? "failed" : "done" });
    if (result === undefined) return;
    freed.inc(result.bytes);
    removed.inc({ kind: "upload" }, result.uploads.length);
    for (const { kind } of result.pruned) removed.inc({ kind });
  };
}
