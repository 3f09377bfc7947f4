import assert from "node:assert/strict";
import { truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "mocha";
import { type Digest, digestOf, hexOf } from "../../../core/digest.ts";
import { collectRegistry } from "../../../registry/care/collect.ts";
import { scrubRegistry } from "../../../registry/care/scrub.ts";
import { Scratch } from "../../support/scratch.ts";
import { imageManifest, TestRegistry } from "../server/support.ts";

const SOON = new Date(Date.now() + 7_200_000);
const OPTIONS = { graceMs: 3_600_000, uploadMs: 3_600_000, untagged: false, dryRun: false };
const fileOf = (root: string, digest: Digest): string =>
  join(root, "blobs", "sha256", hexOf(digest).slice(0, 2), hexOf(digest));

describe("collecting a registry's garbage", () => {
  it("frees what no manifest names, and says why beforehand", async () => {
    await using registry = await TestRegistry.open();
    const { layer } = await registry.pushImage("a", "1");
    const unused = await registry.pushBlob("a", "unused");
    await registry.startUpload("a");
    const dry = await collectRegistry(registry.storage, { ...OPTIONS, dryRun: true }, SOON);
    assert.deepEqual(
      dry.pruned.map(({ digest }) => digest),
      [unused],
    );
    assert.match(
      dry.pruned[0]?.why ?? "",
      /^no manifest of the repository names it, and it was pushed before \d{4}-/,
    );
    assert.equal(dry.uploads.length, 1);
    assert.equal((await registry.send("HEAD", `/v2/a/blobs/${unused}`)).status, 200);
    const done = await collectRegistry(registry.storage, OPTIONS, SOON);
    assert.deepEqual([done.blobs, done.bytes, done.uploads], [1, 6, dry.uploads]);
    assert.equal((await registry.send("HEAD", `/v2/a/blobs/${layer}`)).status, 200);
  });

  it("touches nothing within the grace period", async () => {
    await using registry = await TestRegistry.open();
    await registry.pushBlob("a", "pushed just now");
    await registry.startUpload("a");
    const { pruned, blobs, uploads } = await collectRegistry(registry.storage, OPTIONS);
    assert.deepEqual([pruned, blobs, uploads], [[], 0, []]);
  });

  it("fails no push and breaks no image while it runs without a grace period", async () => {
    await using registry = await TestRegistry.open();
    const stop = new AbortController();
    const collecting = (async () => {
      while (!stop.signal.aborted)
        await collectRegistry(registry.storage, { ...OPTIONS, graceMs: 200, untagged: true });
    })();
    const push = async (worker: number) => {
      for (let i = 0; i < 15; i++) {
        const { digest } = await registry.pushImage(`team/${worker}`, `v${i}`);
        if (i % 3 === 2) await registry.send("DELETE", `/v2/team/${worker}/manifests/v${i - 1}`);
        assert.match(String(digest), /^sha256:/);
      }
    };
    await Promise.all([0, 1, 2, 3].map(push));
    stop.abort();
    await collecting;
    const { problems, manifests } = await scrubRegistry(registry.storage);
    assert.deepEqual(problems, []);
    assert.ok(manifests >= 40, `${manifests} manifests`);
  });
});

describe("scrubbing a registry", () => {
  it("finds nothing wrong with what is right", async () => {
    await using registry = await TestRegistry.open();
    await registry.pushImage("a", "1");
    await registry.pushImage("b", "1");
    const { manifests, blobs, problems } = await scrubRegistry(registry.storage);
    assert.deepEqual([manifests, blobs, problems], [2, 4, []]);
  });

  it("names what a disk changed, cut or lost", async () => {
    using scratch = new Scratch();
    await using registry = await TestRegistry.open({ root: scratch.path });
    await registry.pushBlob("a", "{}");
    const [changed, cut, lost] = [
      await registry.pushBlob("a", "to be changed"),
      await registry.pushBlob("a", "to be cut"),
      await registry.pushBlob("a", "to be lost"),
    ];
    const layers = [changed, cut].map((digest) => ({ digest, size: 1 }));
    await registry.putManifest("a", "1", imageManifest([...layers, { digest: lost, size: 10 }]));
    writeFileSync(fileOf(scratch.path, changed), "to be Changed");
    truncateSync(fileOf(scratch.path, cut), 3);
    await registry.storage.blobs.delete(lost);
    const unlinked = digestOf("{}");
    await registry.storage.metadata.unlinkBlob("a", unlinked);
    const { problems } = await scrubRegistry(registry.storage);
    assert.equal(problems.length, 4);
    const about = (digest: Digest) => problems.find((line) => line.includes(digest)) ?? "";
    assert.match(about(changed), /^a: blob sha256:\w+: its bytes have the digest sha256:/);
    assert.match(about(cut), /has 3 bytes, expected 9$/);
    assert.match(about(lost), /its bytes are missing$/);
    assert.match(about(unlinked), /^a: manifest sha256:\w+: names sha256:\w+, which is not there$/);
  });
});
