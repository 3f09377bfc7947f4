import assert from "node:assert/strict";
import { describe, it } from "mocha";
import { requiresErofs } from "../support/requires.ts";
import { testedDriver } from "../support/snapshot-driver.ts";
import { Slipway } from "./support/slipway.ts";

describe("the snapshot driver", () => {
  it("is the one that tests run with, or erofs, as info and a container say", async function () {
    const { driver = "erofs" } = testedDriver();
    if (driver === "erofs") requiresErofs(this);
    await using slipway = await Slipway.open(this);
    const id = await slipway.ok(["create", "--network=none", "busybox", "true"]);
    assert.equal(await slipway.ok(["info", "--format={{.Driver}}"]), driver);
    assert.equal(await slipway.ok(["inspect", "--format={{.Driver}}", id]), driver);
  });
});
