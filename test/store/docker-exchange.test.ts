import assert from "node:assert/strict";
import { execFileSync, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { describe, it } from "mocha";
import { loadImages } from "../../store/archives/load-images.ts";
import { saveImages } from "../../store/archives/save-images.ts";
import { findCommand, requiresPeer } from "../support/requires.ts";
import { Scratch } from "../support/scratch.ts";
import { chunks, imageConfig, TestStore } from "./support.ts";

/** An image of two layers in the real engine, gone when disposed. */
class PeerImage implements Disposable {
  readonly #docker: string;
  readonly name = `slipway-exchange-${process.pid}:1`;
  readonly id: string;

  constructor(docker: string) {
    this.#docker = docker;
    using scratch = new Scratch();
    writeFileSync(scratch.join("hello"), "world");
    const tar = execFileSync("tar", ["-C", scratch.path, "-c", "hello"]);
    const base = this.run(["import", "--change", 'CMD ["/hello"]', "-"], tar);
    const container = this.run(["create", base, "/hello"]);
    writeFileSync(scratch.join("second"), "2");
    this.run(["cp", scratch.join("second"), `${container}:/second`]);
    this.id = this.run(["commit", "-m", "second", container, this.name]);
    this.run(["rm", container]);
  }

  run(args: readonly string[], input?: Buffer): string {
    return execFileSync(this.#docker, args, {
      encoding: "utf8",
      ...(input === undefined ? {} : { input }),
    }).trim();
  }

  /** What the engine says of the image. */
  inspect(format: string): string {
    return this.run(["image", "inspect", this.name, "--format", format]);
  }

  [Symbol.dispose](): void {
    spawnSync(this.#docker, ["image", "rm", "-f", this.name], { stdio: "ignore" });
  }
}

describe("exchange with the real docker", () => {
  it("loads what docker saved and saves what docker loads: same id, layers and tag", async function () {
    const docker = requiresPeer(this);
    using image = new PeerImage(docker);
    await using opened = await TestStore.open();
    const { store } = opened;
    const save = spawn(docker, ["save", image.name], { stdio: ["ignore", "pipe", "inherit"] });
    assert.deepEqual(await loadImages(store, save.stdout), [{ id: image.id, reference: image.name }]);
    const layers = JSON.parse(image.inspect("{{json .RootFS.Layers}}")) as readonly string[];
    assert.equal(layers.length, 2);
    assert.deepEqual(store.images.get(image.name).layers, layers);

    image.run(["image", "rm", "-f", image.name]);
    const load = spawn(docker, ["load"], { stdio: ["pipe", "pipe", "inherit"] });
    const exit = once(load, "exit");
    await pipeline(Readable.from(saveImages(store, [image.name])), load.stdin);
    assert.deepEqual(await exit, [0, null]);
    assert.equal(image.inspect("{{.Id}}"), image.id);
    assert.deepEqual(JSON.parse(image.inspect("{{json .RootFS.Layers}}")), layers);
  });

  it("writes the same documents as docker save", async function () {
    const docker = requiresPeer(this);
    using image = new PeerImage(docker);
    await using opened = await TestStore.open();
    const theirs = execFileSync(docker, ["save", image.name], { maxBuffer: 1 << 28 });
    await loadImages(opened.store, chunks(theirs));
    const parts: Uint8Array[] = [];
    for await (const part of saveImages(opened.store, [image.name])) parts.push(part);
    const ours = Buffer.concat(parts);
    const read = (archive: Buffer, name: string): unknown =>
      JSON.parse(execFileSync("tar", ["-xO", name], { input: archive, encoding: "utf8" }));
    for (const name of ["manifest.json", "index.json", "oci-layout", "repositories"])
      assert.deepEqual(read(ours, name), read(theirs, name), name);
  });

  it("is an OCI layout that skopeo reads in place", async function () {
    const skopeo = findCommand("skopeo");
    if (skopeo === undefined) this.skip();
    await using opened = await TestStore.open();
    const { store } = opened;
    using scratch = new Scratch();
    writeFileSync(scratch.join("f"), "x");
    const tar = execFileSync("tar", ["-C", scratch.path, "-c", "f"]);
    const { diffId } = await store.layers.adopt(chunks(tar));
    await store.images.publish({ config: imageConfig("a", [diffId]) }, ["localhost:5000/app:1"]);
    const layout = `oci:${opened.root}:localhost:5000/app:1`;
    const found = JSON.parse(execFileSync(skopeo, ["inspect", layout], { encoding: "utf8" })) as {
      Layers: readonly string[];
    };
    assert.deepEqual(found.Layers, [diffId]);
  });
});
