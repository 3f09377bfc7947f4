import assert from "node:assert/strict";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { CacheExport, CacheLocation } from "../../../builder/cache/remote/types.ts";
import { digestOf } from "../../../core/digest.ts";
import { isCode } from "../../../core/errors.ts";
import { requiresOverlay } from "../../support/requires.ts";
import { Scratch } from "../../support/scratch.ts";
import { BuildFixture } from "../support/build-fixture.ts";

const DOCKERFILE = [
  "FROM scratch AS tools",
  "COPY a /a",
  "RUN write tool 1",
  "FROM scratch",
  "COPY a /a",
  "COPY --from=tools /tool /bin/tool",
  "RUN write app 1",
];

/** A machine of its own: another store, and a context with the same content. */
async function machine(): Promise<BuildFixture> {
  const fixture = await BuildFixture.open();
  mkdirSync(fixture.scratch.join("context"), { recursive: true });
  writeFileSync(fixture.scratch.join("context", "a"), "a");
  fixture.command = ({ process: { args } }, upper) => {
    const [, name = "", content = ""] = (args[2] ?? "").split(" ");
    if (name === "fail") return 1;
    writeFileSync(join(upper, name), content);
    return 0;
  };
  return fixture;
}

const at = (path: string): CacheLocation => ({ kind: "directory", path, tag: "latest" });
const to = (path: string, more: Partial<CacheExport> = {}): { readonly cacheTo: readonly CacheExport[] } => ({
  cacheTo: [{ to: at(path), mode: "max", compression: "gzip", ignoreErrors: false, mounts: false, ...more }],
});

const blobsOf = (path: string): readonly string[] =>
  readdirSync(join(path, "blobs", "sha256")).map((name) => join(path, "blobs", "sha256", name));

describe("a cache of another machine", () => {
  before(function () {
    requiresOverlay(this);
  });

  it("gives the same image without performing a step, and brings only the layers of the image", async () => {
    using folder = new Scratch();
    await using here = await machine();
    await using there = await machine();
    const first = await here.watch(DOCKERFILE, to(folder.path));
    const second = await there.watch(DOCKERFILE, { cacheFrom: [at(folder.path)] });
    assert.deepEqual(second.performed, []);
    assert.equal(second.image, first.image);
    const tool = await here.watch(DOCKERFILE, { target: "tools" });
    const [, layer] = (await here.store.images.config(tool.image)).rootfs.diff_ids;
    assert.ok(layer !== undefined);
    assert.equal(there.store.layers.stat(layer), undefined, "a layer that nobody looked into was brought");
  });

  it("brings what a changed step needs, and no more is performed", async () => {
    using folder = new Scratch();
    await using here = await machine();
    await using there = await machine();
    await here.watch(DOCKERFILE, to(folder.path));
    const changed = [...DOCKERFILE.slice(0, -1), "RUN write app 2"];
    const { performed } = await there.watch(changed, { cacheFrom: [at(folder.path)] });
    assert.deepEqual(performed, ["[stage-1 3/3] RUN write app 2"]);
  });

  it("has with mode=min the steps of the image alone", async () => {
    using folder = new Scratch();
    await using here = await machine();
    await using there = await machine();
    await here.watch(DOCKERFILE, to(folder.path, { mode: "min" }));
    const { performed } = await there.watch(DOCKERFILE, { cacheFrom: [at(folder.path)] });
    assert.deepEqual(performed, ["[tools 2/2] RUN write tool 1"]);
  });

  it("is the same for the same build, whoever writes it", async () => {
    using one = new Scratch();
    using other = new Scratch();
    await using here = await machine();
    await using there = await machine();
    await here.watch(DOCKERFILE, { ...to(one.path), sourceDateEpoch: 1 });
    await there.watch(DOCKERFILE, { ...to(other.path), cacheFrom: [at(one.path)], sourceDateEpoch: 1 });
    assert.deepEqual(readFileSync(one.join("index.json")), readFileSync(other.join("index.json")));
  });

  it("is written by a build that fails, with what was done until then", async () => {
    using folder = new Scratch();
    await using here = await machine();
    await using there = await machine();
    const failing = [...DOCKERFILE, "RUN write fail"];
    await assert.rejects(here.watch(failing, to(folder.path)), (error) => isCode(error, "BUILD_STEP_FAILED"));
    const { performed } = await there.watch(DOCKERFILE, { cacheFrom: [at(folder.path)] });
    assert.deepEqual(performed, []);
  });

  it("is a warning where it cannot be written and that is not to matter", async () => {
    using folder = new Scratch();
    writeFileSync(folder.join("file"), "");
    await using here = await machine();
    const path = folder.join("file", "below");
    await assert.rejects(here.watch(DOCKERFILE, to(path)), { code: "ENOTDIR" });
    const { warnings } = await here.watch(DOCKERFILE, to(path, { ignoreErrors: true }));
    assert.match(warnings.join("\n"), /the cache was not written to .*below: .*ENOTDIR/);
  });

  it("refuses a layer that is not what its digest says", async () => {
    using folder = new Scratch();
    await using here = await machine();
    await using there = await machine();
    await here.watch(DOCKERFILE, to(folder.path));
    for (const path of blobsOf(folder.path)) {
      const content = readFileSync(path);
      // Documents are as they should be: only what is inside the layers is another thing.
      if (content[0] === 0x1f) writeFileSync(path, content.fill(0, content.length - 8));
    }
    await assert.rejects(
      there.watch(DOCKERFILE, { cacheFrom: [at(folder.path)] }),
      (error) => isCode(error, "DIGEST_MISMATCH") || isCode(error, "ARCHIVE_INVALID"),
    );
  });

  const damaged: Readonly<Record<string, (document: Record<string, unknown>) => void>> = {
    "of another version": (document) => (document["version"] = 2),
    "whose records name layers that are not there": (document) =>
      (document["records"] = (document["records"] as object[]).map((one) => ({ ...one, layer: 99 }))),
    "whose digests are none": (document) => (document["layers"] = [{ diffId: "../../etc/passwd", size: 1 }]),
    "with another number of layers": (document) => {
      document["layers"] = (document["layers"] as object[]).slice(1);
      document["records"] = [];
    },
    "whose mounts are paths": (document) => (document["mounts"] = [{ name: "../../etc", layer: 0 }]),
    "whose mounts name layers that are not there": (document) =>
      (document["mounts"] = [{ name: "a".repeat(64), layer: 99 }]),
    "with times that are none": (document) =>
      (document["records"] = (document["records"] as object[]).map((one) => ({ ...one, created: "now" }))),
  };
  for (const [title, damage] of Object.entries(damaged)) {
    it(`warns of a cache ${title}, and builds without it`, async () => {
      using folder = new Scratch();
      await using here = await machine();
      await using there = await machine();
      await here.watch(DOCKERFILE, to(folder.path));
      rewrite(folder.path, damage);
      const { performed, warnings } = await there.watch(DOCKERFILE, { cacheFrom: [at(folder.path)] });
      assert.equal(performed.length, 5);
      assert.match(warnings.join("\n"), /the cache of .* is not used: it/);
    });
  }
});

/** Changes the document of a cache, and names it as it then is. */
function rewrite(folder: string, damage: (document: Record<string, unknown>) => void): void {
  const pathOf = (digest: string): string => join(folder, "blobs", "sha256", digest.slice("sha256:".length));
  const read = (path: string) => JSON.parse(readFileSync(path, "utf8"));
  const write = (value: unknown) => {
    const raw = Buffer.from(JSON.stringify(value));
    writeFileSync(pathOf(digestOf(raw)), raw);
    return { digest: digestOf(raw), size: raw.byteLength };
  };
  const index = read(join(folder, "index.json"));
  const manifest = read(pathOf(index.manifests[0].digest));
  const document = read(pathOf(manifest.config.digest));
  damage(document);
  manifest.config = { ...manifest.config, ...write(document) };
  index.manifests[0] = { ...index.manifests[0], ...write(manifest) };
  writeFileSync(join(folder, "index.json"), JSON.stringify(index));
}
