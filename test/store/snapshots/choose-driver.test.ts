import assert from "node:assert/strict";
import { describe, it } from "mocha";
import { Failure, isCode } from "../../../core/errors.ts";
import { parseDaemonFile } from "../../../daemon/config/file.ts";
import { openEngine } from "../../../engine/compose.ts";
import { openStore } from "../../../store/open-store.ts";
import { parseDriverName } from "../../../store/snapshots/choose-driver.ts";
import { requiresErofs, requiresRoot } from "../../support/requires.ts";
import { Scratch } from "../../support/scratch.ts";
import { kernel, TestStore } from "../support.ts";

describe("choosing a snapshot driver", () => {
  let scratch: Scratch;
  beforeEach(function () {
    requiresRoot(this);
    scratch = new Scratch();
  });
  afterEach(() => scratch?.[Symbol.dispose]());

  /** A kernel without EROFS. */
  const lacking = {
    ...kernel,
    openRootfs: () =>
      Promise.reject(new Failure("SYSCALL_FAILED", { syscall: "fsopen", errno: "ENODEV", path: "erofs" })),
  };

  it("takes erofs where it works", async function () {
    requiresErofs(this);
    await using store = await openStore(scratch.join("root"), { kernel });
    assert.deepEqual(store.driver, { name: "erofs", reason: "the default" });
  });

  it("takes overlay2 where erofs does not work, and stays with it", async () => {
    await using store = await openStore(scratch.join("root"), { kernel: lacking });
    assert.equal(store.driver.name, "overlay2");
    assert.match(store.driver.reason, /^erofs does not work here: .*ENODEV/);
    await using again = await openStore(scratch.join("root"), { kernel });
    assert.deepEqual(again.driver, store.driver);
  });

  it("keeps what a root was made with", async () => {
    await using asked = await TestStore.open({ driver: "vfs" });
    await using again = await asked.again();
    assert.deepEqual(again.driver, { name: "vfs", reason: "asked for when the root was made" });
  });

  it("shows driver and reason in info", async () => {
    await using engine = await openEngine(scratch.join("root"), { driver: "vfs" });
    const { Driver, DriverStatus } = await engine.system.info();
    assert.deepEqual([Driver, DriverStatus], ["vfs", [["Reason", "asked for when the root was made"]]]);
  });

  it("refuses a driver that the machine cannot serve, with what it said, and settles nothing", async () => {
    await assert.rejects(
      openStore(scratch.join("root"), { kernel: lacking, driver: "erofs" }),
      (error) => isCode(error, "STORE_DRIVER_UNUSABLE") && /erofs.*ENODEV/.test(error.message),
    );
    await using store = await openStore(scratch.join("root"), { kernel, driver: "vfs" });
    assert.equal(store.driver.reason, "asked for when the root was made");
  });

  it("refuses names that no driver has", () => {
    const isInvalid = (error: unknown): boolean => isCode(error, "OPTION_INVALID");
    assert.throws(() => parseDriverName("aufs"), isInvalid);
    assert.throws(() => parseDaemonFile("daemon.json", '{"storage-driver": "aufs"}'), /storage-driver/);
    const settings = parseDaemonFile("daemon.json", '{"storage-driver": "erofs"}');
    assert.equal(settings["storage-driver"], "erofs");
  });
});
