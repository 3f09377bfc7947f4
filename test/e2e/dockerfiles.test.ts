import assert from "node:assert/strict";
import { createReadStream, readFileSync } from "node:fs";
import { requiresBaseImage } from "../support/requires.ts";
import { BASE, BASE_CHANGES, CASES } from "./dockerfiles/cases.ts";
import { writeContext } from "./dockerfiles/context.ts";
import { changesOf, commandsOf, givenFields, type Observed, readTree } from "./dockerfiles/observe.ts";
import { Slipway } from "./support/slipway.ts";

/** What Docker Engine 28 with BuildKit makes of them: see dockerfiles/record.ts. */
const RECORDED = JSON.parse(
  readFileSync(new URL("dockerfiles/recorded/docker-28.json", import.meta.url), "utf8"),
) as Readonly<Record<string, Observed>>;

describe("Dockerfiles give what the real engine makes of them", () => {
  let slipway: Slipway;
  let baseTree: Record<string, string>;
  before(async function () {
    const { tar } = requiresBaseImage(this, "busybox:latest");
    slipway = await Slipway.open(this);
    await slipway.ok(["import", ...BASE_CHANGES.flatMap((change) => ["-c", change]), tar, BASE]);
    baseTree = await exportTree(BASE);
  });
  after(() => slipway?.[Symbol.asyncDispose]());

  async function exportTree(image: string): Promise<Record<string, string>> {
    const id = await slipway.ok(["create", "--network", "none", image, "x"]);
    await slipway.ok(["export", "-o", "tree.tar", id]);
    await slipway.ok(["rm", id]);
    return readTree(createReadStream(slipway.scratch.join("tree.tar")));
  }

  for (const { name, dockerfile, files, flags = [] } of CASES) {
    it(name, async () => {
      const folder = slipway.scratch.join(name);
      writeContext(folder, dockerfile, files);
      const image = await slipway.ok(["build", "-q", ...flags, folder]);
      const observed: Observed = {
        config: givenFields(await slipway.ok(["inspect", "-f", "{{json .Config}}", image])),
        history: commandsOf(await slipway.ok(["history", "--no-trunc", "--format", "json", image])),
        tree: changesOf(await exportTree(image), baseTree),
      };
      assert.deepEqual(observed, RECORDED[name]);
    });
  }
});
