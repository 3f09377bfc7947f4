import assert from "node:assert/strict";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { requiresBaseImage, requiresOverlay } from "../../support/requires.ts";
import { SlipwayClient } from "../../support/slipway-client.ts";
import { BUILD_CASES } from "./cases.ts";
import { type Client, type Observation, observe } from "./observe.ts";

// What the real Docker Engine made of each case lies in recorded/. SLIPWAY_PEER_DOCKER names a DOCKER_HOST to compare with now
// (busybox there must be the base image of fixtures/), and with UPDATE=1 to record anew.
const RECORDED = join(import.meta.dirname, "recorded");
const peer: Client | undefined =
  process.env["SLIPWAY_PEER_DOCKER"] === undefined
    ? undefined
    : { command: ["docker"], env: { DOCKER_HOST: process.env["SLIPWAY_PEER_DOCKER"], DOCKER_BUILDKIT: "1" } };

describe("builds equal to Docker Engine's", () => {
  let slipway: SlipwayClient;

  before(async function () {
    requiresOverlay(this);
    requiresBaseImage(this, "busybox:latest");
    slipway = await SlipwayClient.with("busybox:latest");
  });
  after(async () => {
    await slipway?.[Symbol.asyncDispose]();
  });

  for (const build of BUILD_CASES) {
    it(`${build.name}: config and tree`, async () => {
      const expected = await expectation(build.name, peer && (await observe(peer, build)));
      assert.deepEqual(await observe(slipway, build), expected);
    });
  }
});

async function expectation(name: string, live: Observation | undefined): Promise<Observation> {
  const file = join(RECORDED, `${name}.json`);
  if (live !== undefined && process.env["UPDATE"] === "1") {
    mkdirSync(RECORDED, { recursive: true });
    writeFileSync(file, `${JSON.stringify(live, undefined, 1)}\n`);
  }
  const recorded = JSON.parse(readFileSync(file, "utf8")) as Observation;
  if (live !== undefined) assert.deepEqual(live, recorded, "the engine differs from what was recorded of it");
  return recorded;
}
