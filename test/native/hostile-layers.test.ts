import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { loadKernel } from "../../native/binding.ts";
import { hostileTars } from "../support/hostile-tars.ts";
import { requiresErofs } from "../support/requires.ts";
import { Scratch } from "../support/scratch.ts";
import { compareIndex } from "./index-support.ts";
import { requiresKernel } from "./support.ts";

/** SLIPWAY_ARCHIVES=5000 tries so many. */
const COUNT = Number(process.env["SLIPWAY_ARCHIVES"] || 200);

describe("hostile layers", () => {
  before(function () {
    requiresKernel(this);
    requiresErofs(this);
  });

  it(`are refused for one reason or mounted as they are unpacked, ${COUNT} of them`, async function () {
    this.timeout(60_000 + COUNT * 200);
    using scratch = new Scratch();
    const different: string[] = [];
    let mounted = 0;
    let round = 0;
    for (const tar of hostileTars(20_240_501, COUNT)) {
      writeFileSync(scratch.join("in.tar"), tar);
      const { outcome, differences } = await compareIndex(scratch, scratch.join("in.tar"));
      for (const line of differences) different.push(`archive ${round}: ${line}`);
      if (outcome === "mounted") mounted++;
      round++;
    }
    await loadKernel().removeTree(scratch.join("out"));
    assert.deepEqual(different, []);
    assert.ok(mounted > COUNT / 5 && mounted < (COUNT * 4) / 5, `${mounted} of ${COUNT} were mounted`);
  });
});
