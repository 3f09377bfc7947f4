import assert from "node:assert/strict";
import { describe, it } from "mocha";
import { testedDriver } from "../support/snapshot-driver.ts";
import { Slipway } from "./support/slipway.ts";

describe("the snapshot driver", () => {
  const { driver = "overlay2" } = testedDriver();

  it(`is ${driver} where tests run with it, as info and a container say`, async function () {
    await using slipway = await Slipway.open(this);
    const id = await slipway.ok(["create", "--network=none", "busybox", "true"]);
    assert.equal(await slipway.ok(["info", "--format={{.Driver}}"]), driver);
    assert.equal(await slipway.ok(["inspect", "--format={{.Driver}}", id]), driver);
  });
});
