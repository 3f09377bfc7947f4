import assert from "node:assert/strict";
import { closeSync, openSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, it } from "mocha";
import { syncEarly } from "../../store/content/sync-early.ts";

describe("bytes that are synced while they are written", () => {
  /** What cannot be synced, EINVAL. */
  let device = -1;
  beforeEach(() => {
    device = openSync("/dev/null", "w");
  });
  afterEach(() => closeSync(device));

  const long = async (result: string) => {
    await sleep(200);
    return result;
  };

  it("fail with the sync that failed, once they are written", async () => {
    let written = false;
    const work = long("written").then((result) => {
      written = true;
      return result;
    });
    await assert.rejects(
      syncEarly(device, () => work),
      { code: "EINVAL" },
    );
    assert.ok(written);
  });

  it("fail with what writes them, if that fails too", async () => {
    const failing = async () => {
      throw new Error(await long("no space"));
    };
    await assert.rejects(syncEarly(device, failing), /no space/);
  });

  it("are not synced when they are few", async () => {
    assert.equal(await syncEarly(device, async () => "written"), "written");
  });
});
