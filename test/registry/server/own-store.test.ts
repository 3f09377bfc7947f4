import assert from "node:assert/strict";
import { execFile, execFileSync, spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, it } from "mocha";
import type { Descriptor } from "../../../core/descriptor.ts";
import { referrerOf } from "../../../image/attestations/statement.ts";
import type { Layer } from "../../../registry/server/call.ts";
import { openEmbedded } from "../../../registry/storage/embedded.ts";
import { TestStore } from "../../store/support.ts";
import { requiresPeer } from "../../support/requires.ts";
import { Scratch } from "../../support/scratch.ts";
import { makeImage, openClient, ref, tarOf } from "../client/support.ts";
import { TestRegistry } from "./support.ts";

/** Every file of a folder, told apart from a copy of it. */
function filesOf(folder: string): readonly string[] {
  const names = readdirSync(folder, { recursive: true, encoding: "utf8" });
  return names
    .map((name) => ({ name, info: statSync(join(folder, name)) }))
    .filter(({ info }) => info.isFile())
    .map(({ name, info }) => `${name} ${info.ino} ${info.size} ${info.mtimeMs}`)
    .sort();
}

/** Counts the bytes of requests' bodies. */
function counting(): { readonly layer: Layer; readonly sent: Record<string, number> } {
  const sent: Record<string, number> = {};
  const layer: Layer = (next) => (call) => {
    const size = Number(call.headers["content-length"] ?? 0);
    sent[call.target.route] = (sent[call.target.route] ?? 0) + size;
    return next(call);
  };
  return { layer, sent };
}

describe("the registry on the store an image was built in", () => {
  it("lists what is attested of it as its referrers", async () => {
    await using opened = await TestStore.open();
    const { store } = opened;
    await using registry = await TestRegistry.open({ storage: openEmbedded(store) });
    const name = `localhost:${registry.port}/x:1`;
    const image = await makeImage(store, name, [tarOf("a", "a")]);
    const sbom = { type: "https://example.org/p", document: Buffer.from("{}") };
    await store.attestations.set(image, { sbom });
    await using client = openClient(store);
    const digest = await client.push(ref(name));
    const { body } = await registry.send("GET", `/v2/x/referrers/${digest}`);
    const { manifests } = JSON.parse(body.toString()) as { readonly manifests: readonly Descriptor[] };
    assert.deepEqual(manifests, [referrerOf(store.images.get(name).manifest, sbom).manifest.blob]);
  });

  it("takes the image without a byte of its blobs, and writes none", async () => {
    await using opened = await TestStore.open();
    const { store } = opened;
    const { layer, sent } = counting();
    await using registry = await TestRegistry.open({ storage: openEmbedded(store), layers: [layer] });
    const name = `localhost:${registry.port}/x:1`;
    await makeImage(store, name, [tarOf("a", randomBytes(1 << 20)), tarOf("b", randomBytes(1 << 20))]);
    const { manifest } = store.images.get(name);
    const before = filesOf(opened.root).filter((line) => !line.startsWith("slipway.db"));
    await using client = openClient(store);
    assert.equal(await client.push(ref(name)), manifest.digest);
    assert.deepEqual(sent, { base: 0, manifest: manifest.size });
    assert.deepEqual(
      filesOf(opened.root).filter((line) => !line.startsWith("slipway.db")),
      before,
    );
    const { status } = await registry.send("HEAD", "/v2/x/manifests/1");
    assert.equal(status, 200);
  });

  it("gives a real engine the tree that was built", async function () {
    const docker = requiresPeer(this);
    const run = (...args: readonly string[]): string =>
      execFileSync(docker, args, { encoding: "utf8" }).trim();
    await using opened = await TestStore.open();
    const { store } = opened;
    await using registry = await TestRegistry.open({ storage: openEmbedded(store) });
    const name = `localhost:${registry.port}/x:1`;
    const contents = { a: randomBytes(100_000), b: randomBytes(100_000) };
    const id = await makeImage(store, name, [tarOf("a", contents.a), tarOf("b", contents.b)]);
    await using client = openClient(store);
    await client.push(ref(name));
    // The registry is in this process, so it must not wait for the engine.
    await promisify(execFile)(docker, ["pull", "-q", name]);
    let container = "";
    try {
      assert.equal(run("image", "inspect", name, "--format", "{{.Id}}"), id);
      container = run("create", name, "/a");
      using scratch = new Scratch();
      run("export", "-o", scratch.join("tree.tar"), container);
      for (const [file, content] of Object.entries(contents))
        assert.ok(execFileSync("tar", ["-xOf", scratch.join("tree.tar"), file]).equals(content), file);
      const listed = execFileSync("tar", ["-tvf", scratch.join("tree.tar"), "a", "b"], { encoding: "utf8" });
      assert.match(
        listed,
        /^-rw-r--r-- \S+ +100000 2023-11-1\d \S+ a\n-rw-r--r-- \S+ +100000 2023-11-1\d \S+ b\n$/,
      );
    } finally {
      if (container !== "") spawnSync(docker, ["rm", container], { stdio: "ignore" });
      spawnSync(docker, ["image", "rm", "-f", name], { stdio: "ignore" });
    }
  });
});
