import assert from "node:assert/strict";
import { createReadStream, readFileSync } from "node:fs";
import { givenFields, readTree } from "./dockerfiles/observe.ts";
import {
  ask,
  OURS,
  PROGRAM_SAYS,
  type Recorded,
  type Said,
  THEIRS,
  TIME,
  writeOurContext,
} from "./exchange/image.ts";
import { Slipway } from "./support/slipway.ts";

const file = (name: string): Buffer => readFileSync(new URL(`exchange/${name}`, import.meta.url));
/** What Docker Engine 28 said: see exchange/record.ts. */
const RECORDED = JSON.parse(file("docker-28.json").toString()) as Recorded;

describe("images exchanged with Docker Engine", () => {
  let slipway: Slipway;
  before(async function () {
    // The program in the recorded image is one for this machine.
    if (process.arch !== "x64") this.skip();
    slipway = await Slipway.open(this);
  });
  after(() => slipway?.[Symbol.asyncDispose]());

  async function exportTree(container: string): Promise<Record<string, string>> {
    await slipway.ok(["export", "-o", "tree.tar", container]);
    return readTree(createReadStream(slipway.scratch.join("tree.tar")));
  }
  const told = (image: string): Promise<Said> =>
    ask(image, (argv) => slipway.ok(argv), exportTree, givenFields);

  it("load one that docker saved, and run it: same id, layers, config and tree", async () => {
    assert.equal(
      await slipway.ok(["load"], { stdin: file("saved-by-docker.tar.gz") }),
      `Loaded image: ${THEIRS}`,
    );
    assert.deepEqual(await told(THEIRS), RECORDED.theirs);
    assert.equal(RECORDED.theirs.output, PROGRAM_SAYS);
  });

  it("build one that docker loaded and ran: same id, layers, config and tree", async () => {
    const folder = slipway.scratch.join("ours");
    writeOurContext(folder, file("bundle.tar"));
    await slipway.ok(["build", "--build-arg", `SOURCE_DATE_EPOCH=${TIME}`, "-q", "-t", OURS, folder]);
    assert.deepEqual(await told(OURS), RECORDED.ours);
    assert.equal(RECORDED.ours.output, PROGRAM_SAYS);
  });

  it("load again what was saved here", async () => {
    await slipway.ok(["save", "-o", "ours.tar", OURS]);
    await slipway.ok(["rmi", OURS]);
    await slipway.ok(["load", "-i", "ours.tar"]);
    assert.deepEqual(await told(OURS), RECORDED.ours);
  });
});
