import assert from "node:assert/strict";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { createServer, type IncomingHttpHeaders, type ServerResponse } from "node:http";
import { describe, it } from "mocha";
import { describeError, isCode } from "../../../core/errors.ts";
import { readAll } from "../../../core/streams.ts";
import { Delivery } from "../../../registry/server/webhooks/delivery.ts";
import type { RegistryEvent } from "../../../registry/server/webhooks/event.ts";
import { post } from "../../../registry/server/webhooks/post.ts";
import { parseWebhooks } from "../../../registry/server/webhooks/webhook-file.ts";
import { Webhooks } from "../../../registry/server/webhooks/webhooks.ts";
import { Scratch } from "../../support/scratch.ts";
import { TestRegistry } from "./support.ts";

/** Takes envelopes; `answer` may refuse some. */
class Receiver implements AsyncDisposable {
  readonly requests: { readonly headers: IncomingHttpHeaders; readonly events: readonly RegistryEvent[] }[] =
    [];
  answer: (count: number, response: ServerResponse) => void = (_, response) => response.end();
  readonly #server = createServer((request, response) => {
    void readAll(request, 1 << 20).then((body) => {
      this.requests.push({ headers: request.headers, events: JSON.parse(body.toString()).events });
      this.answer(this.requests.length, response);
    });
  });

  static async open(): Promise<Receiver> {
    const receiver = new Receiver();
    await once(receiver.#server.listen(0, "127.0.0.1"), "listening");
    return receiver;
  }
  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as { readonly port: number }).port}/hook?key=s3cret`;
  }
  async until(count: number): Promise<void> {
    while (this.requests.length < count) await new Promise((resolve) => setTimeout(resolve, 5));
  }
  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

const event = (id: string): RegistryEvent => ({
  id,
  timestamp: "2026-11-28T12:00:00Z",
  action: "push",
  target: { repository: "a" },
  request: { id, addr: "", host: "", method: "PUT", useragent: "" },
  actor: {},
  source: { addr: "", instanceID: "" },
});
const ids = ({ requests }: Receiver) => requests.map(({ events }) => events.map(({ id }) => id).join());

describe("webhooks", () => {
  it("tell of pushes, pulls and deletions of manifests in distribution's envelope", async () => {
    await using receiver = await Receiver.open();
    using scratch = new Scratch();
    const path = scratch.join("webhooks.json");
    const endpoint = { name: "ci", url: receiver.url, headers: { authorization: "Bearer s3cret" } };
    writeFileSync(
      path,
      JSON.stringify({ endpoints: [endpoint, { ...endpoint, name: "none", repositories: ["b"] }] }),
    );
    const reports: string[] = [];
    await using webhooks = new Webhooks({ path, report: (line) => reports.push(line) });
    await using registry = await TestRegistry.open({ observers: [webhooks.observe] });
    const { digest, manifest } = await registry.pushImage("a", "1");
    await registry.send("HEAD", "/v2/a/manifests/1");
    await registry.send("GET", `/v2/a/manifests/${digest}`);
    await registry.send("DELETE", "/v2/a/manifests/1");
    await registry.send("DELETE", `/v2/a/manifests/${digest}`);
    await registry.send("DELETE", `/v2/a/manifests/${digest}`);
    while (receiver.requests.flatMap(({ events }) => events).length < 4)
      await receiver.until(receiver.requests.length + 1);
    const events = receiver.requests.flatMap((request) => request.events);
    const size = JSON.stringify(manifest).length;
    const described = {
      repository: "a",
      mediaType: "application/vnd.oci.image.manifest.v1+json",
      digest,
      size,
      length: size,
      url: `http://127.0.0.1:${registry.port}/v2/a/manifests/${digest}`,
    };
    assert.deepEqual(
      events.map(({ action, target }) => [action, target]),
      [
        ["push", { ...described, tag: "1" }],
        ["pull", described],
        ["delete", { repository: "a", tag: "1" }],
        ["delete", { repository: "a", digest }],
      ],
    );
    const { headers } = receiver.requests[0] ?? {};
    assert.equal(headers?.["content-type"], "application/vnd.docker.distribution.events.v2+json");
    assert.equal(headers?.["authorization"], "Bearer s3cret");
    assert.deepEqual(reports, []);
  });

  const deliver = (receiver: Receiver, options: { readonly capacity?: number } = {}) => {
    const reports: string[] = [];
    const [endpoint] = parseWebhooks(
      JSON.stringify({ endpoints: [{ name: "ci", url: receiver.url }] }),
      "f",
    ).endpoints;
    assert.ok(endpoint);
    const delivery = new Delivery({
      name: "ci",
      send: (events, signal) => post(endpoint, events, signal),
      report: (line) => reports.push(line),
      firstWaitMs: 5,
      ...options,
    });
    return { delivery, reports };
  };

  it("come again until they are taken, in their order", async () => {
    await using receiver = await Receiver.open();
    const { delivery, reports } = deliver(receiver);
    receiver.answer = (count, response) => {
      if (count === 1) response.writeHead(503).end();
      else if (count === 2) response.destroy();
      else response.end();
    };
    delivery.add(event("1"));
    delivery.add(event("2"));
    await receiver.until(3);
    await delivery.close(10_000);
    const order = ids(receiver).slice(2).join().split(",");
    assert.deepEqual([order.slice(0, 2), delivery.pending], [["1", "2"], 0]);
    assert.deepEqual(reports, [
      "webhook ci: status 503: trying again",
      "webhook ci: works again, 0 events were lost",
    ]);
  });

  it("are given up when their receiver will never take them, and say nothing of its secrets", async () => {
    await using receiver = await Receiver.open();
    const { delivery, reports } = deliver(receiver);
    receiver.answer = (_, response) => response.writeHead(410).end("no");
    delivery.add(event("1"));
    await receiver.until(1);
    await delivery.close(10_000);
    assert.deepEqual([reports, delivery.pending], [["webhook ci: status 410: 1 events are lost"], 0]);
  });

  it("wait in a queue that ends, from which the oldest go", async () => {
    await using receiver = await Receiver.open();
    const { delivery, reports } = deliver(receiver, { capacity: 3 });
    let held: ServerResponse | undefined;
    receiver.answer = (count, response) => {
      if (count === 1) held = response;
      else response.end();
    };
    delivery.add(event("1"));
    await receiver.until(1);
    for (const id of ["2", "3", "4", "5"]) delivery.add(event(id));
    assert.equal(delivery.pending, 3);
    held?.end();
    await delivery.close(10_000);
    assert.deepEqual(ids(receiver), ["1", "3,4,5"]);
    assert.match(
      reports.join(),
      /^webhook ci: too many events wait, the oldest are lost,webhook ci: works again, 2 events were lost$/,
    );
  });

  it("do not hold up a stop", async () => {
    await using receiver = await Receiver.open();
    const { delivery, reports } = deliver(receiver);
    receiver.answer = () => undefined;
    delivery.add(event("1"));
    await receiver.until(1);
    await delivery.close(10);
    assert.deepEqual(reports, ["webhook ci: 1 events were not delivered before the end"]);
  });

  for (const [title, endpoint] of [
    ["no URL", { name: "a", url: "nowhere" }],
    ["a file", { name: "a", url: "file:///etc/passwd" }],
    ["a password in the URL", { name: "a", url: "http://u:p@h/" }],
    ["a line break in a header", { name: "a", url: "http://h/", headers: { a: "b\r\nc: d" } }],
    ["an action nobody has", { name: "a", url: "http://h/", actions: ["mount"] }],
    ["a name that is none", { name: "a b", url: "http://h/" }],
  ] as const)
    it(`refuse ${title}`, () => {
      assert.throws(
        () => parseWebhooks(JSON.stringify({ endpoints: [endpoint] }), "f"),
        (error) =>
          isCode(error, "ACCESS_FILE_INVALID") && describeError(error).startsWith("f: endpoints[0]."),
      );
    });
});
