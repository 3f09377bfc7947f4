import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { after, before, describe, it } from "mocha";
import { digestOf } from "../../../core/digest.ts";
import { MEDIA_TYPES } from "../../../image/media-types.ts";
import { collectRegistry } from "../../../registry/care/collect.ts";
import type { Layer } from "../../../registry/server/call.ts";
import { readSmallBody } from "../../../registry/server/small-body.ts";
import { imageIndex, imageManifest, type Sent, TestRegistry } from "./support.ts";

const ABSENT = digestOf("absent");
const HELLO = digestOf("hello");
const SHA512 = `sha512:${"a".repeat(128)}`;

interface Case extends Sent {
  readonly title: string;
  readonly method: string;
  readonly path: string;
  readonly status: number;
  readonly code?: string;
}
const manifest = (document: unknown, type: string = MEDIA_TYPES.manifest): Sent => ({
  headers: { "content-type": type },
  body: typeof document === "string" ? document : JSON.stringify(document),
});

/** Requests that cannot be right. Each gets the status and code of the specification, and nothing is stored. */
const CASES: readonly Case[] = [
  // Paths
  {
    title: "a path above the root",
    method: "GET",
    path: "/v2/../../etc/passwd",
    status: 404,
    code: "NAME_UNKNOWN",
  },
  {
    title: "dots as a repository",
    method: "GET",
    path: "/v2/../manifests/latest",
    status: 400,
    code: "NAME_INVALID",
  },
  {
    title: "dots inside a repository",
    method: "GET",
    path: "/v2/a/../b/manifests/latest",
    status: 400,
    code: "NAME_INVALID",
  },
  {
    title: "encoded dots",
    method: "GET",
    path: "/v2/a/%2e%2e/b/manifests/x",
    status: 400,
    code: "NAME_INVALID",
  },
  {
    title: "an encoded slash in a tag",
    method: "GET",
    path: "/v2/a/manifests/..%2f..%2fx",
    status: 404,
    code: "MANIFEST_UNKNOWN",
  },
  {
    title: "an encoded NUL in a tag",
    method: "PUT",
    path: "/v2/a/manifests/x%00",
    status: 400,
    code: "MANIFEST_INVALID",
    ...manifest(imageManifest()),
  },
  {
    title: "broken percent-encoding",
    method: "GET",
    path: "/v2/a/manifests/%zz",
    status: 400,
    code: "UNSUPPORTED",
  },
  {
    title: "an empty component",
    method: "GET",
    path: "/v2/a//b/manifests/x",
    status: 400,
    code: "NAME_INVALID",
  },
  {
    title: "upper case in a repository",
    method: "GET",
    path: "/v2/Upper/manifests/x",
    status: 400,
    code: "NAME_INVALID",
  },
  {
    title: "a repository that begins with a dash",
    method: "POST",
    path: "/v2/-a/blobs/uploads/",
    status: 400,
    code: "NAME_INVALID",
  },
  {
    title: "a repository of 256 characters",
    method: "GET",
    path: `/v2/${"a".repeat(256)}/tags/list`,
    status: 400,
    code: "NAME_INVALID",
  },
  {
    title: "a path of 5000 characters",
    method: "GET",
    path: `/v2/${"a/".repeat(2500)}tags/list`,
    status: 404,
    code: "NAME_UNKNOWN",
  },
  {
    title: "a name made to backtrack",
    method: "GET",
    path: `/v2/${"a-".repeat(120)}_/tags/list`,
    status: 400,
    code: "NAME_INVALID",
  },
  {
    title: "a backslash",
    method: "GET",
    path: "/v2/a\\..\\b/manifests/x",
    status: 400,
    code: "NAME_INVALID",
  },
  { title: "no end-point", method: "GET", path: "/v2/a/nothing", status: 404, code: "NAME_UNKNOWN" },
  {
    title: "the first version of the API",
    method: "GET",
    path: "/v1/_ping",
    status: 404,
    code: "NAME_UNKNOWN",
  },
  {
    title: "a method the end-point has not",
    method: "POST",
    path: "/v2/a/manifests/x",
    status: 405,
    code: "UNSUPPORTED",
  },
  { title: "a method nobody has", method: "PROPFIND", path: "/v2/", status: 405, code: "UNSUPPORTED" },
  // Digests and references
  {
    title: "a digest with dots",
    method: "GET",
    path: "/v2/a/blobs/sha256:..%2f..%2fetc",
    status: 400,
    code: "DIGEST_INVALID",
  },
  {
    title: "a short digest",
    method: "GET",
    path: "/v2/a/blobs/sha256:abc",
    status: 400,
    code: "DIGEST_INVALID",
  },
  {
    title: "a digest in upper case",
    method: "GET",
    path: `/v2/a/blobs/${HELLO.toUpperCase()}`,
    status: 400,
    code: "DIGEST_INVALID",
  },
  {
    title: "an unknown algorithm",
    method: "GET",
    path: `/v2/a/blobs/md5:${"a".repeat(32)}`,
    status: 400,
    code: "DIGEST_INVALID",
  },
  {
    title: "an algorithm with the length of another",
    method: "GET",
    path: `/v2/a/blobs/sha512:${"a".repeat(64)}`,
    status: 400,
    code: "DIGEST_INVALID",
  },
  {
    title: "a blob nobody has",
    method: "GET",
    path: `/v2/a/blobs/${ABSENT}`,
    status: 404,
    code: "BLOB_UNKNOWN",
  },
  {
    title: "a blob of another repository",
    method: "GET",
    path: `/v2/other/blobs/${HELLO}`,
    status: 404,
    code: "BLOB_UNKNOWN",
  },
  {
    title: "a deletion of another repository's blob",
    method: "DELETE",
    path: `/v2/other/blobs/${HELLO}`,
    status: 404,
    code: "BLOB_UNKNOWN",
  },
  {
    title: "a manifest nobody has",
    method: "GET",
    path: "/v2/a/manifests/absent",
    status: 404,
    code: "MANIFEST_UNKNOWN",
  },
  {
    title: "a deletion of what is not there",
    method: "DELETE",
    path: `/v2/a/manifests/${ABSENT}`,
    status: 404,
    code: "MANIFEST_UNKNOWN",
  },
  {
    title: "referrers of no digest",
    method: "GET",
    path: "/v2/a/referrers/latest",
    status: 400,
    code: "DIGEST_INVALID",
  },
  {
    title: "tags of no repository",
    method: "GET",
    path: "/v2/absent/tags/list",
    status: 404,
    code: "NAME_UNKNOWN",
  },
  { title: "a page of minus one", method: "GET", path: "/v2/a/tags/list?n=-1", status: 400 },
  { title: "a page of a word", method: "GET", path: "/v2/_catalog?n=many", status: 400 },
  {
    title: "a tag of 129 characters",
    method: "PUT",
    path: `/v2/a/manifests/${"t".repeat(129)}`,
    status: 400,
    code: "MANIFEST_INVALID",
    ...manifest(imageManifest()),
  },
  {
    title: "a bad tag as parameter",
    method: "PUT",
    path: `/v2/a/manifests/${digestOf(JSON.stringify(imageManifest()))}?tag=ok&tag=..%2fx`,
    status: 400,
    code: "MANIFEST_INVALID",
    ...manifest(imageManifest()),
  },
  // Uploads
  {
    title: "a body that is not its digest",
    method: "POST",
    path: `/v2/a/blobs/uploads/?digest=${ABSENT}`,
    status: 400,
    code: "DIGEST_INVALID",
    body: "something else",
  },
  {
    title: "a sha512 that is not the body's",
    method: "POST",
    path: `/v2/a/blobs/uploads/?digest=${SHA512}`,
    status: 400,
    code: "DIGEST_INVALID",
    body: "hello",
  },
  {
    title: "an upload for no digest",
    method: "POST",
    path: "/v2/a/blobs/uploads/?digest=latest",
    status: 400,
    code: "DIGEST_INVALID",
    body: "hello",
  },
  {
    title: "an algorithm nobody has",
    method: "POST",
    path: "/v2/a/blobs/uploads/?digest-algorithm=md5",
    status: 400,
    code: "DIGEST_INVALID",
  },
  {
    title: "a mount of no digest",
    method: "POST",
    path: "/v2/a/blobs/uploads/?mount=x&from=b",
    status: 400,
    code: "DIGEST_INVALID",
  },
  {
    title: "a mount from no repository",
    method: "POST",
    path: `/v2/a/blobs/uploads/?mount=${HELLO}&from=../b`,
    status: 400,
    code: "NAME_INVALID",
  },
  {
    title: "an upload nobody began",
    method: "PATCH",
    path: "/v2/a/blobs/uploads/00000000-0000-0000-0000-000000000000",
    status: 404,
    code: "BLOB_UPLOAD_UNKNOWN",
    body: "x",
  },
  {
    title: "an upload with a path for a name",
    method: "PUT",
    path: `/v2/a/blobs/uploads/..%2f..%2fx?digest=${HELLO}`,
    status: 404,
    code: "BLOB_UPLOAD_UNKNOWN",
    body: "x",
  },
  {
    title: "a cancellation of nothing",
    method: "DELETE",
    path: "/v2/a/blobs/uploads/nothing",
    status: 404,
    code: "BLOB_UPLOAD_UNKNOWN",
  },
  // Manifests
  {
    title: "a manifest that is no JSON",
    method: "PUT",
    path: "/v2/a/manifests/x",
    status: 400,
    code: "MANIFEST_INVALID",
    ...manifest("{"),
  },
  {
    title: "an empty manifest",
    method: "PUT",
    path: "/v2/a/manifests/x",
    status: 400,
    code: "MANIFEST_INVALID",
    ...manifest(""),
  },
  {
    title: "a manifest that is a list",
    method: "PUT",
    path: "/v2/a/manifests/x",
    status: 400,
    code: "MANIFEST_INVALID",
    ...manifest([]),
  },
  {
    title: "a manifest that is nested 100,000 deep",
    method: "PUT",
    path: "/v2/a/manifests/x",
    status: 400,
    code: "MANIFEST_INVALID",
    ...manifest("[".repeat(100_000)),
  },
  {
    title: "an unknown media type",
    method: "PUT",
    path: "/v2/a/manifests/x",
    status: 400,
    code: "MANIFEST_INVALID",
    ...manifest({ schemaVersion: 2 }, "text/plain"),
  },
  {
    title: "a media type the document denies",
    method: "PUT",
    path: "/v2/a/manifests/x",
    status: 400,
    code: "MANIFEST_INVALID",
    ...manifest(imageManifest(), MEDIA_TYPES.index),
  },
  {
    title: "a document that is image and index",
    method: "PUT",
    path: "/v2/a/manifests/x",
    status: 400,
    code: "MANIFEST_INVALID",
    ...manifest({ ...imageManifest(), manifests: [] }),
  },
  {
    title: "schema 1",
    method: "PUT",
    path: "/v2/a/manifests/x",
    status: 400,
    code: "MANIFEST_INVALID",
    ...manifest({ schemaVersion: 1 }, "application/vnd.docker.distribution.manifest.v1+prettyjws"),
  },
  {
    title: "blobs that are not there",
    method: "PUT",
    path: "/v2/a/manifests/x",
    status: 400,
    code: "MANIFEST_BLOB_UNKNOWN",
    ...manifest(imageManifest([{ digest: ABSENT, size: 6 }])),
  },
  {
    title: "a layer of another repository",
    method: "PUT",
    path: "/v2/other/manifests/x",
    status: 400,
    code: "MANIFEST_BLOB_UNKNOWN",
    ...manifest(imageManifest([{ digest: HELLO, size: 5 }])),
  },
  {
    title: "a negative size",
    method: "PUT",
    path: "/v2/a/manifests/x",
    status: 400,
    code: "MANIFEST_INVALID",
    ...manifest(imageManifest([{ digest: HELLO, size: -1 }])),
  },
  {
    title: "a digest that is a path",
    method: "PUT",
    path: "/v2/a/manifests/x",
    status: 400,
    code: "MANIFEST_INVALID",
    ...manifest(imageManifest([{ digest: "sha256:../../x", size: 1 }])),
  },
  {
    title: "10,001 manifests in an index",
    method: "PUT",
    path: "/v2/a/manifests/x",
    status: 400,
    code: "MANIFEST_INVALID",
    ...manifest(
      imageIndex(Array.from({ length: 10_001 }, () => ({ digest: ABSENT, size: 1 }))),
      MEDIA_TYPES.index,
    ),
  },
  {
    title: "a manifest under a digest that is not its own",
    method: "PUT",
    path: `/v2/a/manifests/${ABSENT}`,
    status: 400,
    code: "DIGEST_INVALID",
    ...manifest(imageManifest()),
  },
  {
    title: "a manifest of more than 4 MiB",
    method: "PUT",
    path: "/v2/a/manifests/x",
    status: 413,
    code: "MANIFEST_INVALID",
    ...manifest(" ".repeat((4 << 20) + 1)),
  },
  // Ranges
  {
    title: "a range behind the end",
    method: "GET",
    path: `/v2/a/blobs/${HELLO}`,
    status: 416,
    code: "SIZE_INVALID",
    headers: { range: "bytes=5-9" },
  },
  {
    title: "the last zero bytes",
    method: "GET",
    path: `/v2/a/blobs/${HELLO}`,
    status: 416,
    code: "SIZE_INVALID",
    headers: { range: "bytes=-0" },
  },
];

describe("hostile requests", () => {
  let registry: TestRegistry;
  before(async () => {
    registry = await TestRegistry.open();
    await registry.pushBlob("a", "hello");
    await registry.pushBlob("a", "{}");
  });
  after(() => registry[Symbol.asyncDispose]());

  for (const { title, method, path, status, code, ...sent } of CASES) {
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
    await using slow = await TestRegistry.open({ layers: [counted], limits: { idleTimeoutMs: 200 } });
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
