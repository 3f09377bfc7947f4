import assert from "node:assert/strict";
import { describe, it } from "mocha";
import { runKills } from "../../compat/registry/load/run-kills.ts";
import { runLoad } from "../../compat/registry/load/run-load.ts";
import { STORAGES } from "../../compat/registry/load/served.ts";
import { Scratch } from "../../support/scratch.ts";

/** The short form of `npm run load:registry` and `npm run kills:registry`. */
const CLIENTS = 6;
const DURATION_MS = 3_000;
const KILLS = 4;
const LIFE_MS = 600;
const seed = Date.now();

describe("a registry under load", function () {
  this.timeout(120_000);
  for (const storage of STORAGES)
    it(`serves every tag it acknowledged, and keeps no more: ${storage}`, async () => {
      using scratch = new Scratch();
      const place = { storage, folder: scratch.path };
      const options = { place, clients: CLIENTS, seed, durationMs: DURATION_MS, everyMs: DURATION_MS };
      const { ledger } = await runLoad(options, () => undefined);
      assert.deepEqual(ledger.failures, [], `seed ${seed}`);
      assert.ok(ledger.counts.pushed > 0);
    });

  for (const storage of STORAGES)
    it(`keeps what it acknowledged when it is killed, and its uploads go on: ${storage}`, async () => {
      using scratch = new Scratch();
      const place = { storage, folder: scratch.path };
      const options = { place, kills: KILLS, clients: CLIENTS, seed, lifeMs: LIFE_MS };
      const { ledger, starts } = await runKills(options, () => undefined);
      assert.deepEqual(ledger.failures, [], `seed ${seed}`);
      assert.equal(starts.length, KILLS);
    });
});
