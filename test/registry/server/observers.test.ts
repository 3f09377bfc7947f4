import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:net";
import { describe, it } from "mocha";
import { digestOf } from "../../../core/digest.ts";
import { accessLog } from "../../../registry/server/observers/access-log.ts";
import { audit } from "../../../registry/server/observers/audit.ts";
import { GuardedRegistry } from "./guarded.ts";
import { imageManifest, TestRegistry } from "./support.ts";

type Line = Readonly<Record<string, unknown>>;
const pick = (line: Line, ...names: readonly string[]): readonly unknown[] => names.map((name) => line[name]);

/** What is logged is so a moment after the client has its answer. */
async function until(lines: readonly Line[], count: number): Promise<void> {
  while (lines.length < count) await new Promise((resolve) => setImmediate(resolve));
}

const openWith = async (observe: typeof accessLog) => {
  const lines: Line[] = [];
  const guarded = await GuardedRegistry.open({
    users: { ann: "a secret" },
    rules: [{ users: ["ann"], repositories: ["team/*"], actions: ["pull", "push", "delete"] }],
    observers: [observe((line) => lines.push(JSON.parse(line)))],
  });
  return { guarded, lines };
};
const as = "ann:a secret";

describe("the access log", () => {
  it("says who did what, with which result and how many bytes", async () => {
    const { guarded, lines } = await openWith(accessLog);
    await using _open = guarded;
    const large = Buffer.alloc(3 << 20, "x");
    const digest = digestOf(large);
    await guarded.send("POST", `/v2/team/a/blobs/uploads/?digest=${digest}`, { as, body: large });
    await guarded.send("GET", `/v2/team/a/blobs/${digest}`, { as, headers: { range: "bytes=10-2000009" } });
    await guarded.send("HEAD", `/v2/team/a/blobs/${digest}`, { as });
    await guarded.send("GET", "/v2/other/tags/list", { as });
    await guarded.send("GET", "/v2/");
    await until(lines, 5);
    const names = ["user", "method", "route", "repository", "status", "received", "complete"];
    assert.deepEqual(
      lines.map((line) => pick(line, ...names)),
      [
        ["ann", "POST", "uploads", "team/a", 201, 3 << 20, true],
        ["ann", "GET", "blob", "team/a", 206, 0, true],
        ["ann", "HEAD", "blob", "team/a", 200, 0, true],
        ["ann", "GET", "tags", "other", 403, 0, true],
        [undefined, "GET", "base", undefined, 401, 0, true],
      ],
    );
    assert.deepEqual(pick(lines[1] ?? {}, "bytes", "path"), [2_000_000, `/v2/team/a/blobs/${digest}`]);
    assert.equal(lines[2]?.["bytes"], 0);
    assert.ok(lines.every(({ ms }) => typeof ms === "number" && ms >= 0));
  });

  it("tells a download that broke off", async () => {
    const lines: Line[] = [];
    await using registry = await TestRegistry.open({
      observers: [accessLog((line) => lines.push(JSON.parse(line)))],
    });
    const large = Buffer.alloc(32 << 20);
    const digest = await registry.pushBlob("a", large);
    const socket = connect(registry.port, "127.0.0.1");
    socket.write(`GET /v2/a/blobs/${digest} HTTP/1.1\r\nHost: x\r\n\r\n`);
    await once(socket, "data");
    socket.destroy();
    await until(lines, 2);
    const { complete, bytes, status } = lines[1] ?? {};
    assert.deepEqual([complete, status], [false, 200]);
    assert.ok(Number(bytes) < large.byteLength);
  });
});

describe("an observer that fails", () => {
  it("is reported, and keeps no other from seeing", async () => {
    let seen = 0;
    const failing = () => {
      throw new Error("no space left");
    };
    await using registry = await TestRegistry.open({ observers: [failing, () => (seen += 1)] });
    assert.equal((await registry.send("GET", "/v2/")).status, 200);
    while (seen === 0) await new Promise((resolve) => setImmediate(resolve));
    assert.deepEqual(registry.reports, ["telling of GET /v2/: no space left"]);
  });
});

describe("the audit log", () => {
  it("has a line for each write and each refusal, and for nothing else", async () => {
    const { guarded, lines } = await openWith(audit);
    await using _open = guarded;
    const manifest = JSON.stringify(imageManifest());
    const type = { "content-type": "application/vnd.oci.image.manifest.v1+json" };
    const digest = digestOf(manifest);
    const requests = [
      ["GET", "/v2/", {}],
      ["GET", "/v2/", { as }],
      ["POST", "/v2/team/a/blobs/uploads/", { as }],
      ["POST", `/v2/team/a/blobs/uploads/?digest=${digestOf("{}")}`, { as, body: "{}" }],
      ["PUT", "/v2/team/a/manifests/1", { as, body: manifest, headers: type }],
      ["GET", "/v2/team/a/manifests/1", { as }],
      ["GET", "/v2/team/a/manifests/2", { as }],
      ["DELETE", "/v2/team/a/manifests/1", { as }],
      ["DELETE", `/v2/team/a/manifests/${digest}`, { as }],
      ["PUT", "/v2/other/manifests/1", { as, body: manifest, headers: type }],
      ["PUT", "/v2/team/a/manifests/1", { as, body: "{", headers: type }],
      ["GET", "/v2/", { as: "ann:wrong" }],
      ["GET", "/v2/", { as: "not.a.token" }],
      ["DELETE", `/v2/team/a/blobs/${digestOf("{}")}`, { as }],
    ] as const;
    for (const [method, path, options] of requests) await guarded.send(method, path, options);
    await until(lines, 9);
    assert.deepEqual(
      lines.map((line) => pick(line, "audit", "user", "repository", "reference", "status")),
      [
        ["push blob", "ann", "team/a", undefined, undefined],
        ["push manifest", "ann", "team/a", "1", undefined],
        ["delete manifest", "ann", "team/a", "1", undefined],
        ["delete manifest", "ann", "team/a", digest, undefined],
        ["refused", "ann", "other", "1", 403],
        ["refused", "ann", "team/a", "1", 400],
        ["refused", undefined, undefined, undefined, 401],
        ["refused", undefined, undefined, undefined, 401],
        ["delete blob", "ann", "team/a", digestOf("{}"), undefined],
      ],
    );
    assert.deepEqual(pick(lines[1] ?? {}, "digest", "remote"), [digest, "127.0.0.1"]);
    assert.match(String(lines[4]?.["reason"]), /ann may not push other$/);
    assert.equal(lines[6]?.["reason"], "incorrect username or password");
    assert.doesNotMatch(JSON.stringify(lines), /a secret|wrong"|not\.a\.token/);
  });
});
