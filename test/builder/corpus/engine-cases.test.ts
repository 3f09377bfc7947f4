import assert from "node:assert/strict";
import type { Context } from "mocha";
import {
  requiresBaseImage,
  requiresBuildKit,
  requiresOverlay,
  requiresRoot,
} from "../../support/requires.ts";
import { BuildFixture } from "../support/build-fixture.ts";
import { buildCase } from "./build-case.ts";
import { EngineCorpus } from "./engine-cases.ts";
import { type Explanation, unexplained, WITH_BASE, WITHOUT_BASE } from "./explained.ts";
import { unlikeBuildKit, unlikeRecorded } from "./habits.ts";
import type { Difference } from "./image-facts.ts";
import { needsNothing, type PreparedCase, prepare } from "./prepared.ts";
import { RealEngine } from "./real-engine.ts";
import { useStandIns } from "./stand-ins.ts";

interface Comparison {
  readonly explained: readonly Explanation[];
  readonly compare: (prepared: PreparedCase) => Promise<readonly Difference[]>;
}

/** Compares cases one by one and fails with the differences nobody explained; the title tells the explained ones. */
async function compareAll(
  test: Context,
  cases: readonly PreparedCase[],
  { explained, compare }: Comparison,
): Promise<void> {
  const atOf = new Map(explained.map(({ case: name, at }) => [name, at]));
  const problems = new Map<string, readonly string[]>();
  for (const prepared of cases) {
    const found = unexplained(await compare(prepared), atOf.get(prepared.name) ?? []);
    atOf.delete(prepared.name);
    if (found.length > 0) problems.set(prepared.name, found);
  }
  assert.deepEqual([...atOf.keys()], [], "explained cases that are not among these");
  const equal = cases.length - new Set([...explained.map((each) => each.case), ...problems.keys()]).size;
  test.runnable().title += `: ${equal} of ${cases.length} the same${explained.map(lineOf).join("")}`;
  assert.deepEqual([...problems], []);
}

const lineOf = ({ case: name, at, reason }: Explanation): string =>
  `\n      but ${name} (${at.length} of its facts): ${reason}`;

/** A real engine knows no --parents, and takes only the bases that are small. */
const canBeBuiltReally = ({ base, recorded }: PreparedCase): boolean =>
  recorded.by !== "buildkit" && (base === undefined || RealEngine.hasBase(base));

describe("the engine's recorded build cases", () => {
  it("that need no base image are built as recorded", async function () {
    this.timeout(120_000);
    requiresRoot(this);
    using corpus = new EngineCorpus(this);
    await using fixture = await BuildFixture.open();
    await compareAll(this, await prepare(corpus, needsNothing), {
      explained: WITHOUT_BASE,
      compare: async (one) => unlikeRecorded(await buildCase(fixture, one), one.recorded),
    });
  });

  it("that need base images add to them what is recorded", async function () {
    this.timeout(300_000);
    requiresOverlay(this);
    using corpus = new EngineCorpus(this);
    await using fixture = await BuildFixture.open();
    await useStandIns(this, fixture);
    await compareAll(this, await prepare(corpus, (text) => !needsNothing(text)), {
      explained: WITH_BASE,
      compare: async (one) => unlikeRecorded(await buildCase(fixture, one), one.recorded),
    });
  });

  it("are built as BuildKit builds them where the recorded builder does otherwise", async function () {
    this.timeout(300_000);
    requiresOverlay(this);
    const docker = requiresBuildKit(this);
    const busybox = requiresBaseImage(this, "busybox:latest");
    using corpus = new EngineCorpus(this);
    await using fixture = await BuildFixture.open();
    await useStandIns(this, fixture);
    await using engine = await RealEngine.open(docker, busybox);
    const all = [...WITHOUT_BASE, ...WITH_BASE];
    const cases = (await prepare(corpus, () => true)).filter(
      (one) => canBeBuiltReally(one) && all.some((each) => each.case === one.name),
    );
    const names = new Set(cases.map(({ name }) => name));
    await compareAll(this, cases, {
      explained: all.filter((each) => each.unlikeBuildKit === true && names.has(each.case)),
      compare: async (one) => unlikeBuildKit(await buildCase(fixture, one), await engine.build(one)),
    });
  });
});
