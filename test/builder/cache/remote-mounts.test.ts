import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import {
  chmodSync,
  chownSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { CacheMounts } from "../../../builder/cache/cache-mounts.ts";
import { BuildMounts } from "../../../builder/cache/remote/build-mounts.ts";
import { MountCopies } from "../../../builder/cache/remote/mount-copies.ts";
import type { CacheExport, CacheLocation } from "../../../builder/cache/remote/types.ts";
import type { BuildEvent } from "../../../builder/events.ts";
import { InternalSteps } from "../../../builder/internal-steps.ts";
import type { RunRequest } from "../../../builder/ports.ts";
import type { Digest } from "../../../core/digest.ts";
import type { Store } from "../../../store/types.ts";
import { requiresOverlay } from "../../support/requires.ts";
import { Scratch } from "../../support/scratch.ts";
import { type RawMember, rawMember } from "../../support/tar-bytes.ts";
import { BuildFixture } from "../support/build-fixture.ts";

const RUN = "RUN --mount=type=cache,target=/c";
const from = (...steps: readonly string[]): readonly string[] => ["FROM scratch", "COPY a /a", ...steps];

/** What commands find in their cache mounts: "cat" tells the content of `kept`, "put x" writes it. */
class CacheMachine implements AsyncDisposable {
  readonly fixture: BuildFixture;
  readonly seen: string[] = [];
  /** What a command does besides, in its first mount. */
  also: (mount: string) => unknown = () => undefined;

  private constructor(fixture: BuildFixture) {
    this.fixture = fixture;
    mkdirSync(fixture.scratch.join("context"), { recursive: true });
    writeFileSync(fixture.scratch.join("context", "a"), "a");
    fixture.command = async (request) => {
      const [path = ""] = hostPaths(request);
      const [verb = "", content = ""] = (request.process.args[2] ?? "").split(" ");
      if (verb === "put") writeFileSync(join(path, "kept"), content);
      if (verb === "cat")
        this.seen.push(
          readdirSync(path)
            .map((name) => read(path, name))
            .join(),
        );
      await this.also(path);
      return verb === "fail" ? 1 : 0;
    };
  }

  static async open(): Promise<CacheMachine> {
    return new CacheMachine(await BuildFixture.open());
  }

  build(dockerfile: readonly string[], more: Parameters<BuildFixture["watch"]>[1] = {}) {
    return this.fixture.watch(dockerfile, more);
  }

  get directories(): readonly string[] {
    const folder = join(this.fixture.store.paths.root, "cachemounts");
    return readdirSync(folder).map((name) => join(folder, name));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.fixture[Symbol.asyncDispose]();
  }
}

const read = (path: string, name: string): string => `${name}=${readFileSync(join(path, name), "utf8")}`;
const hostPaths = ({ mounts }: RunRequest): readonly string[] =>
  mounts.flatMap((mount) => (mount.kind === "host" ? [mount.path] : []));

const at = (path: string): CacheLocation => ({ kind: "directory", path, tag: "latest" });
const to = (path: string, more: Partial<CacheExport> = {}) => ({
  cacheTo: [
    { to: at(path), mode: "max", compression: "gzip", ignoreErrors: false, mounts: true, ...more } as const,
  ],
});
const cacheFrom = (path: string) => ({ cacheFrom: [at(path)] });

/** Of internal steps, with what they told. */
const linesOf = (events: readonly BuildEvent[], name: RegExp): readonly string[] =>
  events.flatMap((event) => {
    if (event.type !== "step" || !name.test(event.name)) return [];
    const told = events.flatMap((one) =>
      one.type === "status" && one.id === event.id ? [`${one.name} ${one.done}`] : [],
    );
    return [`${event.name}: ${told.join()}`];
  });

interface Manifest {
  readonly config: { readonly digest: string };
  readonly layers: readonly { readonly digest: string; readonly size: number }[];
}
const blobPath = (folder: string, digest: string): string =>
  join(folder, "blobs", "sha256", digest.slice("sha256:".length));
function documentsOf(folder: string) {
  const { manifests } = JSON.parse(readFileSync(join(folder, "index.json"), "utf8"));
  const manifest: Manifest = JSON.parse(readFileSync(blobPath(folder, manifests[0].digest), "utf8"));
  return { manifest, document: JSON.parse(readFileSync(blobPath(folder, manifest.config.digest), "utf8")) };
}

const tarOf = (member: RawMember): Buffer => Buffer.concat([rawMember(member), Buffer.alloc(1024)]);

/** The layer of a cache's only or first mount. */
function mountOf(folder: string): Digest {
  const { document } = documentsOf(folder);
  return document.layers[document.mounts[0].layer].diffId;
}

describe("cache mounts in a cache of another machine", () => {
  before(function () {
    requiresOverlay(this);
  });

  it("are restored with everything that is in them when a command has them, and tell their size", async () => {
    using folder = new Scratch();
    await using here = await CacheMachine.open();
    await using there = await CacheMachine.open();
    here.also = (mount) => {
      mkdirSync(join(mount, "d"));
      writeFileSync(join(mount, "d/.wh.f"), "no whiteout");
      linkSync(join(mount, "d/.wh.f"), join(mount, "d/again"));
      symlinkSync("/etc/passwd", join(mount, "d/link"));
      chownSync(join(mount, "d"), 3, 4);
      chmodSync(join(mount, "d"), 0o751);
      utimesSync(join(mount, "d"), 1000, 1000);
      chmodSync(mount, 0o701);
    };
    await here.build(from(`${RUN} put one`), to(folder.path));
    const { events, warnings } = await there.build(
      from(`${RUN} cat`.replace("cat", "other")),
      cacheFrom(folder.path),
    );
    assert.deepEqual(warnings, []);
    const [restored = ""] = there.directories;
    assert.equal(read(restored, "kept"), "kept=one");
    assert.equal(statSync(restored).mode & 0o7777, 0o701);
    const made = statSync(join(restored, "d"));
    assert.deepEqual([made.uid, made.gid, made.mode & 0o7777, made.mtimeMs], [3, 4, 0o751, 1_000_000]);
    assert.equal(statSync(join(restored, "d/again")).ino, statSync(join(restored, "d/.wh.f")).ino);
    const [line = "", ...others] = linesOf(events, /^restoring/);
    assert.match(line, /^restoring cache mount \/\/c from .*: restored \d{4,}$/);
    assert.deepEqual(others, []);
  });

  it("are not brought when no command has them, and lose to those that are here", async () => {
    using folder = new Scratch();
    await using here = await CacheMachine.open();
    await using there = await CacheMachine.open();
    await here.build(from(`${RUN} put one`), to(folder.path));
    const { performed } = await there.build(from(`${RUN} put one`), cacheFrom(folder.path));
    assert.deepEqual(performed, []);
    assert.equal(there.fixture.store.layers.stat(mountOf(folder.path)), undefined);
    await there.build(from(`${RUN} put mine`));
    await there.build(from(`${RUN} cat`), cacheFrom(folder.path));
    assert.deepEqual(there.seen, ["kept=mine"]);
  });

  const others: Readonly<Record<string, readonly [string, Readonly<Record<string, string>>]>> = {
    id: ["RUN --mount=type=cache,target=/d cat", {}],
    namespace: [`${RUN} cat`, { BUILDKIT_CACHE_MOUNT_NS: "apart" }],
    mode: [`${RUN},mode=0700 cat`, {}],
    owner: [`${RUN},uid=7,gid=7 cat`, {}],
    beginning: [`${RUN},from=first,source=/ cat`, {}],
  };
  for (const [what, [command, buildArgs]] of Object.entries(others)) {
    it(`are others with another ${what}`, async () => {
      using folder = new Scratch();
      await using here = await CacheMachine.open();
      await using there = await CacheMachine.open();
      await here.build(from(`${RUN} put one`), to(folder.path));
      const dockerfile = ["FROM scratch AS first", "COPY a /b", ...from(command)];
      await there.build(dockerfile, { ...cacheFrom(folder.path), buildArgs });
      assert.deepEqual(there.seen, [what === "beginning" ? "b=a" : ""]);
    });
  }

  it("stay as they are known when a build finds everything, wherever it keeps its cache", async () => {
    using folder = new Scratch();
    using other = new Scratch();
    await using here = await CacheMachine.open();
    await using there = await CacheMachine.open();
    await using last = await CacheMachine.open();
    await here.build(from(`${RUN} put one`), to(folder.path));
    const index = readFileSync(folder.join("index.json"));
    const again = await here.build(from(`${RUN} put one`), to(folder.path));
    assert.deepEqual(linesOf(again.events, /^copying/), [], "a mount that no command had was read");
    await there.build(from(`${RUN} put one`), { ...cacheFrom(folder.path), ...to(folder.path) });
    assert.deepEqual(readFileSync(folder.join("index.json")), index);
    await there.build(from(`${RUN} put one`), { ...cacheFrom(folder.path), ...to(other.path) });
    await last.build(from(`${RUN} cat`), cacheFrom(other.path));
    assert.deepEqual(last.seen, ["kept=one"]);
  });

  it("are written again when a command had them, and are the same blob when it changed nothing", async () => {
    using folder = new Scratch();
    await using here = await CacheMachine.open();
    await here.build(from(`${RUN} put one`), to(folder.path));
    const first = mountOf(folder.path);
    const same = await here.build(from(`${RUN} put one`, `${RUN} cat`), to(folder.path));
    assert.match(linesOf(same.events, /^copying/).join(), /^copying cache mount \/\/c: copied \d+$/);
    assert.equal(mountOf(folder.path), first);
    await here.build(from(`${RUN} put two`), to(folder.path));
    assert.notEqual(mountOf(folder.path), first);
  });

  it("are in the cache of a build that failed, and only where they are asked for", async () => {
    using folder = new Scratch();
    using without = new Scratch();
    await using here = await CacheMachine.open();
    await using there = await CacheMachine.open();
    await assert.rejects(here.build(from(`${RUN} put half`, "RUN fail"), to(folder.path)));
    await there.build(from(`${RUN} cat`), cacheFrom(folder.path));
    assert.deepEqual(there.seen, ["kept=half"]);
    await here.build(from(`${RUN} put half`), to(without.path, { mounts: false }));
    assert.deepEqual(Object.keys(documentsOf(without.path).document), ["version", "layers", "records"]);
  });

  for (const sharing of ["shared", "locked", "private"]) {
    it(`are not read while another build has one that is ${sharing}`, async () => {
      using folder = new Scratch();
      await using here = await CacheMachine.open();
      const run = `${RUN},sharing=${sharing}`;
      await here.build(from(`${run} put one`), to(folder.path));
      const before = mountOf(folder.path);
      let entered = (): void => undefined;
      let leave = (): void => undefined;
      const inside = new Promise<void>((resolve) => (entered = resolve));
      const gate = new Promise<void>((resolve) => (leave = resolve));
      here.also = () => {
        entered();
        return gate;
      };
      const writing = here.build(from(`${run} put two`));
      await inside;
      here.also = () => undefined;
      // Its steps are found, so that the one that is locked is not waited for.
      using empty = new Scratch();
      const fresh = await here.build(from(`${run} put one`), to(empty.path));
      assert.match(fresh.warnings.join(), /another build has the cache mount \/\/c: it stays/);
      assert.equal(documentsOf(empty.path).document.mounts, undefined);
      await here.build(from(`${run} put one`, `RUN --mount=type=cache,target=/e put e`), to(folder.path));
      assert.equal(mountOf(folder.path), before);
      leave();
      await writing;
      const after = await here.build(from(`${run} put one`), to(empty.path));
      assert.deepEqual(after.warnings, []);
      assert.equal(documentsOf(empty.path).document.mounts.length, 1);
    });
  }

  it("are no copy when somebody came and went while they were read", async () => {
    await using here = await CacheMachine.open();
    const { store } = here.fixture;
    const mounts = new CacheMounts(store, Date.now);
    const mount = { name: "ab", id: "/c" };
    const begin = async () => mkdtempSync(join(store.paths.ingest, "begin-"));
    const visit = async () => {
      await using _had = await mounts.acquire({ ...mount, description: "/c", sharing: "shared", begin });
    };
    await visit();
    const warnings: string[] = [];
    const copy = (during: () => Promise<void>) => {
      const write: Store["layers"]["write"] = async (root, entries) => {
        await during();
        return store.layers.write(root, entries);
      };
      return new MountCopies({
        store: { trees: store.trees, layers: { write } },
        here: mounts,
        build: new BuildMounts(),
        steps: new InternalSteps(() => undefined, Date.now),
        warn: (message) => warnings.push(message),
        claim: () => undefined,
      }).copy(mount);
    };
    assert.equal(await copy(visit), undefined);
    assert.equal(await copy(async () => void (await mounts.remove(["ab"]))), undefined);
    assert.equal(warnings.length, 2);
    await visit();
    assert.ok((await copy(async () => undefined)) !== undefined);
    assert.equal(warnings.length, 2);
  });

  const hostile: Readonly<Record<string, Buffer>> = {
    "is no archive": Buffer.from("no archive at all".repeat(100)),
    "is a link to a directory of the host": tarOf({ name: "mount", type: "2", link: "/etc" }),
    "is a file": tarOf({ name: "mount" }),
    "is not where it belongs": tarOf({ name: "other", type: "5" }),
    "is compressed twice": gzipSync(tarOf({ name: "mount", type: "5" })),
  };
  for (const [title, layer] of Object.entries(hostile)) {
    it(`are begun anew, with a warning, when what a cache has ${title}`, async () => {
      using folder = new Scratch();
      await using here = await CacheMachine.open();
      await using there = await CacheMachine.open();
      await here.build(from(`${RUN} put one`), to(folder.path));
      replaceMount(folder.path, layer);
      const { warnings } = await there.build(from(`${RUN} cat`), cacheFrom(folder.path));
      assert.match(warnings.join(), /the cache mount \/\/c of .* is not used: invalid archive/);
      assert.deepEqual(there.seen, [""]);
    });
  }

  it("are begun anew when their bytes are not what the cache says", async () => {
    using folder = new Scratch();
    await using here = await CacheMachine.open();
    await using there = await CacheMachine.open();
    await here.build(from(`${RUN} put one`), to(folder.path));
    const { manifest, document } = documentsOf(folder.path);
    const { digest, size } = manifest.layers[document.mounts[0].layer] ?? assert.fail();
    writeFileSync(blobPath(folder.path, digest), Buffer.alloc(size));
    const { warnings } = await there.build(from(`${RUN} cat`), cacheFrom(folder.path));
    assert.match(warnings.join(), /the cache mount \/\/c of .* is not used: .*digest/);
    assert.deepEqual(there.seen, [""]);
  });

  it("leave no layers in the store", async () => {
    using folder = new Scratch();
    await using here = await CacheMachine.open();
    await using there = await CacheMachine.open();
    here.also = (mount) => writeFileSync(join(mount, "large"), Buffer.alloc(300_000, "x"));
    await here.build(from(`${RUN} put one`), to(folder.path));
    here.also = () => undefined;
    await there.build(from(`${RUN} cat`), { ...cacheFrom(folder.path), ...to(folder.path) });
    for (const { fixture } of [here, there])
      assert.deepEqual(
        [...fixture.store.content.list()].filter(({ size }) => size > 200_000),
        [],
      );
  });
});

/** Gives the first mount of a cache another layer, which is what its digests say. */
function replaceMount(folder: string, plain: Buffer): void {
  const put = (raw: Buffer) => {
    const digest = `sha256:${createHash("sha256").update(raw).digest("hex")}`;
    writeFileSync(blobPath(folder, digest), raw);
    return { digest, size: raw.byteLength };
  };
  const { manifest, document } = documentsOf(folder);
  const index = document.mounts[0].layer;
  const diffId = `sha256:${createHash("sha256").update(plain).digest("hex")}`;
  document.layers[index] = { diffId, size: plain.byteLength };
  const layers = manifest.layers.map((layer, i) =>
    i === index ? { ...layer, ...put(gzipSync(plain)) } : layer,
  );
  const config = { ...manifest.config, ...put(Buffer.from(JSON.stringify(document))) };
  const described = put(Buffer.from(JSON.stringify({ ...manifest, config, layers })));
  const top = JSON.parse(readFileSync(join(folder, "index.json"), "utf8"));
  top.manifests[0] = { ...top.manifests[0], ...described };
  writeFileSync(join(folder, "index.json"), JSON.stringify(top));
}
