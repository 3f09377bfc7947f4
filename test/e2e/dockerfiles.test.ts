import assert from "node:assert/strict";
import { createReadStream, readFileSync } from "node:fs";
import { requiresBaseImage, requiresCommand } from "../support/requires.ts";
import { BASE, BASE_CHANGES, type Case } from "./dockerfiles/case.ts";
import { CASES } from "./dockerfiles/cases.ts";
import { changesOf, commandsOf, givenFields, type Observed, readTree, tarOf } from "./dockerfiles/observe.ts";
import { place, SECRET, unplaced } from "./dockerfiles/placed.ts";
import { Web } from "./dockerfiles/web.ts";
import { Slipway } from "./support/slipway.ts";

/** What Docker Engine 28 with BuildKit makes of them: see dockerfiles/record.ts. */
const RECORDED = JSON.parse(
  readFileSync(new URL("dockerfiles/recorded/docker-28.json", import.meta.url), "utf8"),
) as Readonly<Record<string, Observed>>;

/** Built at a time. */
const AT_ONCE = 4;

describe("Dockerfiles give what the real engine makes of them", () => {
  let slipway: Slipway;
  let web: Web;
  let baseTree: Record<string, string>;
  const observing = new Map<string, Promise<Observed>>();
  before(async function () {
    requiresCommand(this, "git");
    const { tar } = requiresBaseImage(this, "busybox:latest");
    slipway = await Slipway.open(this);
    web = await Web.open(slipway.scratch.join("web"));
    await slipway.ok(["import", ...BASE_CHANGES.flatMap((change) => ["-c", change]), tar, BASE]);
    baseTree = await readTree(createReadStream(tar));
    const turns = Array.from({ length: AT_ONCE }, () => Promise.resolve());
    CASES.forEach((one, at) => {
      const turn = (turns[at % AT_ONCE] ?? Promise.resolve()).then(() => observe(one));
      turns[at % AT_ONCE] = turn.then(
        () => undefined,
        () => undefined,
      );
      observing.set(one.name, turn);
    });
  });
  after(async () => {
    await Promise.allSettled(observing.values());
    await web?.[Symbol.asyncDispose]();
    await slipway?.[Symbol.asyncDispose]();
  });

  async function observe(one: Case): Promise<Observed> {
    const folder = slipway.scratch.join(one.name);
    const flags = place(one, folder, web);
    const path = `${folder}.out`;
    const output = `type=${one.output ?? "tar"},dest=${path}`;
    const image = one.output === undefined ? ["-o", "type=image"] : [];
    const id = await slipway.ok(["build", "-q", ...image, "-o", output, ...flags, folder], { env: SECRET });
    const tree = await readTree(one.output === "local" ? tarOf(path) : createReadStream(path));
    const observed = { tree: changesOf(tree, baseTree) };
    return one.output === undefined ? { ...(await observeImage(id)), ...observed } : observed;
  }

  async function observeImage(image: string): Promise<Omit<Observed, "tree">> {
    const text = await slipway.ok(["history", "--no-trunc", "--format", "json", image]);
    return {
      config: givenFields(await slipway.ok(["inspect", "-f", "{{json .Config}}", image])),
      history: commandsOf(unplaced(text, web)),
    };
  }

  for (const { name } of CASES)
    it(name, async () => {
      assert.deepEqual(await observing.get(name), RECORDED[name]);
    });
});
