import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readlinkSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "mocha";
import { type Digest, digestOf, hexOf } from "../../../core/digest.ts";
import { collectRegistry } from "../../../registry/care/collect.ts";
import { scrubRegistry } from "../../../registry/care/scrub.ts";
import { builtCommand, commandEnv } from "../../e2e/support/command.ts";
import { eventually } from "../../support/eventually.ts";
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

  it("fails no push while it runs", async () => {
    await using registry = await TestRegistry.open();
    const refused = await whileCollecting(registry, 60_000);
    assert.deepEqual(refused, []);
  });

  it("breaks no image it took a manifest for, even if blobs expire before their manifest comes", async () => {
    await using registry = await TestRegistry.open();
    const refused = await whileCollecting(registry, 1);
    // A push that is slower than the grace period is refused as a whole, and then nothing is left of it to be found broken.
    for (const codes of refused)
      assert.deepEqual(codes, ["MANIFEST_BLOB_UNKNOWN"], registry.reports.join("\n"));
    const { problems } = await scrubRegistry(registry.storage);
    assert.deepEqual(problems, []);
  });

  it("leaves a tag whose sibling on the same digest is deleted", async () => {
    await using registry = await TestRegistry.open();
    const { digest, manifest, layer } = await registry.pushImage("a", "one");
    await registry.putManifest("a", "two", manifest);
    assert.equal((await registry.send("DELETE", "/v2/a/manifests/one")).status, 202);
    await collectRegistry(registry.storage, { ...OPTIONS, untagged: true }, SOON);
    assert.equal((await registry.send("GET", "/v2/a/manifests/one")).status, 404);
    const { status, headers } = await registry.send("GET", "/v2/a/manifests/two");
    assert.deepEqual([status, headers["docker-content-digest"]], [200, digest]);
    assert.equal((await registry.send("GET", `/v2/a/blobs/${layer}`)).status, 200);
  });
});

/** Pushes and deletes images by four clients, collecting all the time; the codes of the manifests that were refused. */
async function whileCollecting(
  registry: TestRegistry,
  graceMs: number,
): Promise<readonly (readonly string[])[]> {
  const stop = new AbortController();
  const collecting = (async () => {
    const options = { ...OPTIONS, graceMs, uploadMs: graceMs, untagged: true };
    while (!stop.signal.aborted) await collectRegistry(registry.storage, options);
  })();
  const refused: (readonly string[])[] = [];
  const push = async (worker: number): Promise<void> => {
    for (let i = 0; i < 15; i++) {
      const { status, codes } = await registry.pushImage(`team/${worker}`, `v${i}`);
      if (status !== 201) refused.push(codes);
      if (i % 3 === 2) await registry.send("DELETE", `/v2/team/${worker}/manifests/v${i - 1}`);
    }
  };
  await Promise.all([0, 1, 2, 3].map(push));
  stop.abort();
  await collecting;
  return refused;
}

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

describe("slipway registry scrub", () => {
  it("ends with 130 and says no more than that when it is interrupted", async () => {
    using scratch = new Scratch();
    const root = scratch.join("registry");
    const registry = await TestRegistry.open({ root });
    const blob = fileOf(root, await registry.pushBlob("a", "long"));
    await registry[Symbol.asyncDispose]();
    // Takes no space, and minutes to read.
    truncateSync(blob, 64 * 2 ** 30);
    const argv = ["--root", scratch.join("root"), "registry", "scrub", "--data", root];
    const scrub = spawn(builtCommand(), argv, { stdio: ["ignore", "pipe", "pipe"], env: commandEnv() });
    let said = "";
    for (const stream of [scrub.stdout, scrub.stderr])
      stream.on("data", (chunk: Buffer) => {
        said += chunk.toString();
      });
    const ended = once(scrub, "close");
    await eventually(() => scrub.exitCode !== null || hasOpen(scrub.pid ?? 0, blob));
    scrub.kill("SIGINT");
    assert.deepEqual([(await ended)[0], said], [130, "Error: the command was cancelled\n"]);
  });
});

/** Whether a process reads a file. What it closes while one looks is not there any more. */
function hasOpen(pid: number, path: string): boolean {
  const folder = `/proc/${pid}/fd`;
  return readdirSync(folder).some((fd) => {
    try {
      return readlinkSync(join(folder, fd)) === path;
    } catch {
      return false;
    }
  });
}
