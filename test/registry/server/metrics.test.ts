import assert from "node:assert/strict";
import { describe, it } from "mocha";
import { MetricsServer } from "../../../registry/server/metrics-server.ts";
import { createMetrics } from "../../../registry/server/observers/metrics.ts";
import { TestRegistry } from "./support.ts";

describe("metrics of a registry", () => {
  it("count requests, bytes and collections, at an address of their own", async () => {
    const metrics = createMetrics(() => 3);
    await using registry = await TestRegistry.open({ observers: [metrics.observe] });
    await using server = new MetricsServer({ metrics, storage: registry.storage, report: () => undefined });
    const { port } = await server.listen({ host: "127.0.0.1", port: 0 });
    await registry.pushBlob("a", "hello");
    await registry.send("PROPFIND", "/v2/");
    await registry.send("GET", "/nothing");
    metrics.collected({ blobs: 1, bytes: 5, uploads: ["u"], pruned: [] });
    metrics.collected(undefined);
    const response = await fetch(`http://127.0.0.1:${port}/metrics`);
    assert.match(response.headers.get("content-type") ?? "", /^text\/plain; version=/);
    const lines = (await response.text()).split("\n");
    for (const line of [
      'slipway_registry_requests_total{route="uploads",method="POST",status="201"} 1',
      'slipway_registry_requests_total{route="none",method="other",status="405"} 1',
      'slipway_registry_requests_total{route="none",method="GET",status="404"} 1',
      'slipway_registry_request_duration_seconds_count{route="uploads",method="POST"} 1',
      'slipway_registry_body_bytes_total{direction="received"} 5',
      'slipway_registry_collections_total{result="done"} 1',
      'slipway_registry_collections_total{result="failed"} 1',
      "slipway_registry_collected_bytes_total 5",
      "slipway_registry_webhook_events_pending 3",
    ])
      assert.ok(
        lines.includes(line),
        `${line}\n${lines.filter((one) => one.startsWith("slipway")).join("\n")}`,
      );
    assert.ok(lines.some((line) => line.startsWith("process_resident_memory_bytes ")));
  });

  it("come with health and readiness, and nothing else", async () => {
    const reports: string[] = [];
    await using registry = await TestRegistry.open();
    const broken = {
      ...registry.storage,
      metadata: { repositories: () => Promise.reject(new Error("disk gone")) },
    };
    const options = { metrics: createMetrics(() => 0), report: (line: string) => reports.push(line) };
    for (const [storage, ready] of [
      [registry.storage, 200],
      [broken as never, 503],
    ] as const) {
      await using server = new MetricsServer({ ...options, storage });
      const { port } = await server.listen({ host: "127.0.0.1", port: 0 });
      const status = async (path: string, method = "GET") =>
        (await fetch(`http://127.0.0.1:${port}${path}`, { method })).status;
      assert.deepEqual([await status("/healthz"), await status("/readyz")], [200, ready]);
      assert.deepEqual([await status("/v2/"), await status("/metrics", "POST")], [404, 405]);
    }
    assert.deepEqual(reports, ["/readyz: disk gone"]);
  });
});
