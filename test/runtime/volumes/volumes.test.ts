import assert from "node:assert/strict";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { loadKernel } from "../../../native/binding.ts";
import { Volumes } from "../../../runtime/volumes/volumes.ts";
import { openStore } from "../../../store/open-store.ts";
import type { Store } from "../../../store/types.ts";
import { requiresNativeCore } from "../../support/requires.ts";
import { Scratch } from "../../support/scratch.ts";
import { testedDriver } from "../../support/snapshot-driver.ts";

describe("runtime/volumes", () => {
  let scratch: Scratch;
  let store: Store;
  let volumes: Volumes;

  before(function () {
    requiresNativeCore(this);
  });
  beforeEach(async () => {
    scratch = new Scratch();
    store = await openStore(scratch.join("root"), { kernel: loadKernel(), ...testedDriver() });
    volumes = new Volumes({
      ...store,
      paths: store.paths,
      database: store.database,
      locks: store.locks,
      kernel: loadKernel(),
    });
  });
  afterEach(async () => {
    await store[Symbol.asyncDispose]();
    scratch[Symbol.dispose]();
  });

  it("makes, lists and removes named and anonymous volumes", async () => {
    const named = volumes.create("data", { labels: { a: "b" } });
    const anonymous = volumes.create();
    assert.deepEqual(volumes.create("data"), named);
    assert.deepEqual([named.labels, named.anonymous, anonymous.anonymous], [{ a: "b" }, false, true]);
    assert.match(anonymous.name, /^[0-9a-f]{64}$/);
    assert.equal(volumes.list().length, 2);
    writeFileSync(`${named.mountpoint}/f`, "x");
    await volumes.remove("data");
    assert.equal(existsSync(named.mountpoint), false);
    await assert.rejects(volumes.remove("data"), { message: "get data: no such volume" });
  });

  it("keeps a volume that is there as it was made, and what it shows of another place", async () => {
    const device = scratch.join("device");
    mkdirSync(device);
    writeFileSync(`${device}/kept`, "mine");
    const options = { type: "none", o: "bind", device };
    const made = volumes.create("bound", { options });
    assert.deepEqual(made.options, options);
    assert.deepEqual(volumes.create("bound", { options: { ...options, device: "/other" } }), made);
    assert.deepEqual(volumes.create("bound"), made);
    await volumes.remove("bound");
    assert.equal(existsSync(made.mountpoint), false);
    assert.equal(readFileSync(`${device}/kept`, "utf8"), "mine");
  });

  it("refuses names that could be paths", () => {
    for (const name of ["a/b", "..", ".x", "", "x"])
      assert.throws(() => volumes.create(name), { code: "VOLUME_NAME_INVALID" });
  });

  it("takes the image's content and ownership once, while it is empty", async () => {
    const image = scratch.join("image");
    mkdirSync(`${image}/real`, { recursive: true });
    chmodSync(`${image}/real`, 0o751);
    writeFileSync(`${image}/real/f`, "from image");
    symlinkSync("/real", `${image}/link`);
    using tree = await store.trees.openDirectory(image);
    const { mountpoint } = volumes.create("vol");
    await volumes.fill("vol", tree, "/absent");
    assert.equal(existsSync(`${mountpoint}/f`), false);
    await volumes.fill("vol", tree, "/link");
    assert.equal(readFileSync(`${mountpoint}/f`, "utf8"), "from image");
    assert.equal(statSync(mountpoint).mode & 0o777, 0o751);
    writeFileSync(`${mountpoint}/f`, "mine");
    await volumes.fill("vol", tree, "/real");
    assert.equal(readFileSync(`${mountpoint}/f`, "utf8"), "mine");
  });
});
