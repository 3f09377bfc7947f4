import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { after, before, describe, it } from "mocha";
import { digestOf } from "../../../core/digest.ts";
import { collectRegistry } from "../../../registry/care/collect.ts";
import type { Layer } from "../../../registry/server/call.ts";
import { readSmallBody } from "../../../registry/server/small-body.ts";
import { HOSTILE_REQUESTS } from "./hostile-requests.ts";
import { imageIndex, imageManifest, TestRegistry } from "./support.ts";

const HELLO = digestOf("hello");

describe("hostile requests", () => {
  let registry: TestRegistry;
  before(async () => {
    registry = await TestRegistry.open();
    await registry.pushBlob("a", "hello");
    await registry.pushBlob("a", "{}");
  });
  after(() => registry[Symbol.asyncDispose]());

  for (const { title, method, path, status, code, ...sent } of HOSTILE_REQUESTS) {
    it(`answers ${status} to ${title}`, async () => {
      const reply = await registry.send(method, path, sent);
      assert.equal(reply.status, status, reply.body.toString());
      if (code !== undefined) assert.deepEqual(reply.codes, [code]);
    });
  }

  it("stores nothing of them", async () => {
    const kept: string[] = [];
    for await (const { digest } of registry.storage.blobs.list()) kept.push(digest);
    assert.deepEqual(kept.sort(), [digestOf("hello"), digestOf("{}")].sort());
    assert.deepEqual(await registry.storage.metadata.repositories({ limit: 10 }), []);
    assert.deepEqual(registry.reports, []);
  });

  it("answers 413 to a manifest without end, and ends the connection", async () => {
    const socket = connect(registry.port, "127.0.0.1");
    socket.on("error", () => undefined);
    socket.write("PUT /v2/a/manifests/x HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n");
    const chunk = `10000\r\n${" ".repeat(0x10000)}\r\n`;
    for (let i = 0; i < 80; i++) socket.write(chunk);
    const [answer] = (await once(socket, "data")) as [Buffer];
    assert.match(answer.toString(), /^HTTP\/1\.1 413 /);
    socket.destroy();
  });

  it("closes a connection whose headers never end", async () => {
    await using slow = await TestRegistry.open({ limits: { headersTimeoutMs: 200 } });
    const socket = connect(slow.port, "127.0.0.1");
    socket.write("GET /v2/ HTTP/1.1\r\nHost: x\r\n");
    const trickle = setInterval(() => socket.write("X-A: b\r\n"), 50);
    socket.on("error", () => undefined);
    await once(socket.resume(), "close");
    clearInterval(trickle);
  });

  it("closes a connection that says nothing in the middle of an upload, and keeps what came", async () => {
    let taken = 0;
    const counted: Layer = (next) => (call) =>
      next({
        ...call,
        body: async function* () {
          for await (const chunk of call.body()) {
            taken += chunk.byteLength;
            yield chunk;
          }
        },
      });
    await using slow = await TestRegistry.open({ layers: [counted], limits: { idleTimeoutMs: 1000 } });
    const location = await slow.startUpload("a");
    const socket = connect(slow.port, "127.0.0.1");
    socket.on("error", () => undefined);
    const closed = once(socket.resume(), "close");
    socket.write(`PATCH ${location} HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n`);
    // Says something until it is being read, however long that takes.
    while (taken < 5) {
      socket.write("h");
      await sleep(10);
    }
    await closed;
    const status = await slow.send("GET", location);
    assert.deepEqual([status.status, status.headers["range"]], [204, `0-${taken - 1}`]);
  });

  // Each follows "hel" in an upload whose next byte is the fourth.
  for (const [title, method, headers, body, status, code] of [
    ["a chunk that overlaps", "PATCH", { "content-range": "2-3" }, "lo", 416, "BLOB_UPLOAD_INVALID"],
    ["a chunk that was there", "PATCH", { "content-range": "0-2" }, "hel", 416, "BLOB_UPLOAD_INVALID"],
    ["a chunk behind a gap", "PATCH", { "content-range": "5-6" }, "lo", 416, "BLOB_UPLOAD_INVALID"],
    [
      "a range that ends before it begins",
      "PATCH",
      { "content-range": "4-3" },
      "",
      400,
      "BLOB_UPLOAD_INVALID",
    ],
    ["a range longer than the body", "PATCH", { "content-range": "3-9" }, "lo", 400, "BLOB_UPLOAD_INVALID"],
    ["a range shorter than the body", "PATCH", { "content-range": "3-3" }, "lo", 400, "BLOB_UPLOAD_INVALID"],
    ["a range that is none", "PATCH", { "content-range": "three-four" }, "lo", 400, "BLOB_UPLOAD_INVALID"],
    [
      "a range of 30 digits",
      "PATCH",
      { "content-range": `3-${"9".repeat(30)}` },
      "lo",
      400,
      "BLOB_UPLOAD_INVALID",
    ],
    ["a last chunk that overlaps", "PUT", { "content-range": "0-4" }, "hello", 416, "BLOB_UPLOAD_INVALID"],
  ] as const)
    it(`answers ${status} to ${title}, and the upload stays as it was`, async () => {
      const location = await registry.startUpload("a");
      await registry.send("PATCH", location, { headers: { "content-range": "0-2" }, body: "hel" });
      const path = method === "PUT" ? `${location}?digest=${HELLO}` : location;
      const reply = await registry.send(method, path, { headers, body });
      assert.deepEqual([reply.status, reply.codes], [status, [code]], reply.body.toString());
      assert.equal((await registry.send("GET", location)).headers["range"], "0-2");
      const done = await registry.send("PUT", `${location}?digest=${HELLO}`, { body: "lo" });
      assert.equal(done.status, 201);
    });

  for (const [title, text] of [
    ["two lengths", "Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello"],
    ["a length that is none", "Content-Length: five\r\n\r\nhello"],
    ["a negative length", "Content-Length: -5\r\n\r\nhello"],
    [
      "a length beside chunks",
      "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
    ],
    ["chunks of no size", "Transfer-Encoding: chunked\r\n\r\nxyz\r\nhello\r\n0\r\n\r\n"],
    ["a header within a header", "X-A: b\rX-B: c\r\n\r\n"],
  ] as const)
    it(`answers 400 to ${title}, and closes`, async () => {
      const socket = connect(registry.port, "127.0.0.1");
      const chunks: Buffer[] = [];
      socket.on("error", () => undefined).on("data", (chunk: Buffer) => chunks.push(chunk));
      socket.write(`POST /v2/a/blobs/uploads/?digest=${HELLO} HTTP/1.1\r\nHost: x\r\n${text}`);
      await once(socket, "close");
      assert.match(Buffer.concat(chunks).toString(), /^HTTP\/1\.1 400 /);
    });

  it("keeps nothing of a push whose body ends early", async () => {
    await using own = await TestRegistry.open();
    const uploads = async (): Promise<number> => {
      let count = 0;
      for await (const _ of own.storage.blobs.uploads()) count += 1;
      return count;
    };
    const socket = connect(own.port, "127.0.0.1");
    socket.write(
      `POST /v2/a/blobs/uploads/?digest=${HELLO} HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhel`,
    );
    while ((await uploads()) === 0) await sleep(5);
    socket.destroy();
    while ((await uploads()) > 0) await sleep(5);
    assert.equal((await own.send("HEAD", `/v2/a/blobs/${HELLO}`)).status, 404);
  });

  it("reads no document for ever that comes byte by byte", async () => {
    async function* drops() {
      for (;;) {
        await sleep(5);
        yield Buffer.from("x");
      }
    }
    const call = { body: drops, signal: new AbortController().signal };
    await assert.rejects(readSmallBody(call, 1 << 20, 50), { code: "REQUEST_INVALID" });
    await assert.rejects(readSmallBody(call, 3), RangeError);
  });

  it("serves an index of 60 indexes within each other, and collects it", async () => {
    await using deep = await TestRegistry.open();
    await deep.pushBlob("a", "{}");
    let inner: { readonly digest: string; readonly size: number } | undefined;
    for (let depth = 0; depth < 60; depth++) {
      const document = inner === undefined ? imageManifest() : imageIndex([inner]);
      const { headers } = await deep.putManifest(
        "a",
        depth === 59 ? "top" : digestOf(JSON.stringify(document)),
        document,
      );
      inner = { digest: String(headers["docker-content-digest"]), size: JSON.stringify(document).length };
    }
    const options = { graceMs: 0, uploadMs: 0, untagged: true, dryRun: false };
    const later = new Date(Date.now() + 60_000);
    assert.deepEqual((await collectRegistry(deep.storage, options, later)).pruned, []);
    await deep.send("DELETE", "/v2/a/manifests/top");
    assert.equal((await collectRegistry(deep.storage, options, later)).pruned.length, 61);
  });

  it("answers 431 to headers of 20 KB", async () => {
    const { status } = await registry.send("GET", "/v2/", { headers: { "x-long": "a".repeat(20_000) } });
    assert.equal(status, 431);
  });

  it("answers 429 with Retry-After when too many upload at once", async () => {
    await using small = await TestRegistry.open({ limits: { maxUploads: 1 } });
    const location = await small.startUpload("a");
    const socket = connect(small.port, "127.0.0.1");
    socket.write(`PATCH ${location} HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nhello`);
    for (;;) {
      const { status, headers, codes } = await small.send("POST", "/v2/b/blobs/uploads/");
      if (status === 202) continue;
      assert.deepEqual([status, headers["retry-after"], codes], [429, "1", ["TOOMANYREQUESTS"]]);
      break;
    }
    socket.destroy();
  });
});
