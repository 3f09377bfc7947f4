import assert from "node:assert/strict";
import { createReadStream } from "node:fs";
import type { Context } from "mocha";
import { parseDockerfile } from "../../../builder/dockerfile/parse.ts";
import { resolveDockerfile } from "../../../builder/dockerfile/resolve/resolve.ts";
import type { Digest } from "../../../core/digest.ts";
import { describeError } from "../../../core/errors.ts";
import { hostPlatform } from "../../../core/platform.ts";
import type { ImageConfig } from "../../../image/config.ts";
import { requiresBaseImage, requiresOverlay, requiresRoot } from "../../support/requires.ts";
import { BuildFixture } from "../support/build-fixture.ts";
import { nodesOf } from "../support/file-tree.ts";
import { added, commonBase, compared, linesOf, type Tree, withoutSkipped } from "./compare.ts";
import { type EngineCase, EngineCorpus } from "./engine-cases.ts";

const EXCEPTIONS = "exceptions hold below ignored directories, as in BuildKit";
const SLASH = "the configuration has the directory as written, as in BuildKit";

/** Cases that differ, each with its reason. */
const EXPLAINED_WITHOUT_BASE: Readonly<Record<string, string>> = {
  "copy-multiple-missing-file-with-nomatch-on-glob": "a pattern may match nothing, as in BuildKit",
  "dockerignore-exclude-kind-of-deep-subdir-dot": EXCEPTIONS,
  "dockerignore-exclude-kind-of-deep-subdir-star": EXCEPTIONS,
  "dockerignore-exclude-deep-subdir-dot": EXCEPTIONS,
  "dockerignore-exclude-deep-subdir-star": EXCEPTIONS,
  "add-parent-symlink":
    "a link that leads out of an archive is held inside it; the engine fails with its syscall",
  "replace-symlink-with-directory": "a link is not replaced with a directory, as in BuildKit",
  "replace-directory-with-symlink": "a directory is not replaced with a link, as in BuildKit",
  "replace-symlink-with-directory-subdir": "a directory is not replaced with a link, as in BuildKit",
  "replace-directory-with-symlink-subdir": "a link is not replaced with a directory, as in BuildKit",
};

const EXPLAINED_WITH_BASE: Readonly<Record<string, string>> = {
  "ci-pipeline-modified": SLASH,
  "workdir with trailing separator": SLASH,
  "copy-integration1": EXCEPTIONS,
  "dockerignore-exceptions-skip": EXCEPTIONS,
  "dockerignore-exceptions-weirdness-1": EXCEPTIONS,
  "workdir-owner": "its user has another number in our base image",
  "multistage-builtin-args": "our base image has no /etc/os-release",
  "multistage-copyback": "our base image has no /etc/os-release",
  builtins: "it shows a file of its base image",
};

const needsNothing = (dockerfile: string): boolean =>
  !/^\s*(?:onbuild\s+)?run\b/im.test(dockerfile) &&
  [...dockerfile.matchAll(/^\s*from\s+(?:--\S+\s+)*(\S+)(?:\s+as\s+(\S+))?/gim)].every(
    ([, base = ""], i, all) =>
      base === "scratch" || all.slice(0, i).some(([, , name]) => name?.toLowerCase() === base.toLowerCase()),
  );

interface Prepared {
  readonly each: EngineCase;
  readonly context: string;
  readonly text: string;
  /** The image that the target lies on; undefined for scratch. */
  readonly base: string | undefined;
}

async function prepare(
  corpus: EngineCorpus,
  wanted: (dockerfile: string) => boolean,
): Promise<readonly Prepared[]> {
  const prepared: Prepared[] = [];
  for (const each of corpus.cases.filter(({ withoutDocker }) => !withoutDocker)) {
    if (!corpus.isRecorded(each)) continue;
    const context = corpus.context(each);
    const text = corpus.dockerfile(each, context);
    if (wanted(text)) prepared.push({ each, context, text, base: await baseOf(text, each) });
  }
  return prepared;
}

async function baseOf(text: string, { buildArgs }: EngineCase): Promise<string | undefined> {
  const image: ImageConfig = { ...hostPlatform(), rootfs: { type: "layers", diff_ids: [] } };
  try {
    const resolved = await resolveDockerfile(parseDockerfile(text), {
      buildArgs: new Map(Object.entries(buildArgs ?? {})),
      buildPlatform: hostPlatform(),
      loadImage: async () => image,
    });
    let { base } = resolved.target;
    while (base.kind === "stage") {
      const { stage } = base;
      base = resolved.stages.find(({ index }) => index === stage)?.base ?? { kind: "scratch" };
    }
    return base.kind === "image" ? base.reference : undefined;
  } catch {
    // Some cases are meant to fail here.
    return undefined;
  }
}

/** Compares cases one by one and fails with the differences nobody explained. */
async function compareAll(
  test: Context,
  cases: readonly Prepared[],
  {
    explained,
    compare,
  }: {
    readonly explained: Readonly<Record<string, string>>;
    readonly compare: (prepared: Prepared) => Promise<string | undefined>;
  },
): Promise<void> {
  const problems = new Map<string, string>();
  for (const prepared of cases) {
    const problem = await compare(prepared);
    if (problem !== undefined) problems.set(prepared.each.name, problem);
  }
  const reasons = Object.entries(explained).map(([name, reason]) => `\n      not ${name}: ${reason}`);
  test.runnable().title += `: ${cases.length - problems.size} of ${cases.length} as recorded${reasons.join("")}`;
  for (const name of Object.keys(explained))
    assert.ok(problems.delete(name), `${name} is explained but equal`);
  assert.deepEqual([...problems], []);
}

describe("the engine's recorded build cases", () => {
  it("that need no base image", async function () {
    this.timeout(120_000);
    requiresRoot(this);
    using corpus = new EngineCorpus(this);
    await using fixture = await BuildFixture.open();
    await compareAll(this, await prepare(corpus, needsNothing), {
      explained: EXPLAINED_WITHOUT_BASE,
      compare: (prepared) => differenceOf(fixture, corpus.recorded(prepared.each), { prepared }),
    });
  });

  it("that need base images, by what they add to them", async function () {
    this.timeout(300_000);
    requiresOverlay(this);
    const images = [requiresBaseImage(this, "busybox:latest"), requiresBaseImage(this, "debian:bookworm")];
    using corpus = new EngineCorpus(this);
    await using fixture = await BuildFixture.open();
    for (const image of images) await fixture.useContainers(image);
    fixture.alias = (reference) => `docker.io/library/${ownName(reference)}`;
    const cases = await prepare(corpus, (text) => !needsNothing(text));
    const ours = new Map<string, ReadonlySet<string>>();
    for (const [name, { layers }] of fixture.images)
      ours.set(name, commonBase([await treeOfLayers(fixture, layers)]));
    const theirs = new Map<string | undefined, ReadonlySet<string>>();
    for (const base of new Set(cases.map((one) => one.base))) {
      const same = cases.filter((one) => one.base === base);
      const trees = same.map(({ each }) => corpus.recorded(each)?.tree).filter((tree) => tree !== undefined);
      theirs.set(base, base === undefined ? new Set() : commonBase(trees));
    }
    await compareAll(this, cases, {
      explained: EXPLAINED_WITH_BASE,
      compare: async (prepared) => {
        const { base, each } = prepared;
        const own = base === undefined ? undefined : ours.get(fixture.alias(base));
        const bases = { ours: own ?? new Set(), theirs: theirs.get(base) ?? new Set() };
        return differenceOf(fixture, corpus.recorded(each), { prepared, bases });
      },
    });
  });
});

/** Official images with busybox are replaced with ours, others with Debian. */
const ownName = (reference: string): string =>
  /busybox|alpine/.test(reference) ? "busybox:latest" : "debian:bookworm";
async function treeOfLayers(fixture: BuildFixture, layers: readonly Digest[]): Promise<Tree> {
  return linesOf(await nodesOf(layers.map((layer) => createReadStream(fixture.store.content.path(layer)))));
}

interface Comparison {
  readonly prepared: Prepared;
  /** Our base image's tree, and the engine's: what lies on both is compared. */
  readonly bases?: { readonly ours: ReadonlySet<string>; readonly theirs: ReadonlySet<string> };
}

async function differenceOf(
  fixture: BuildFixture,
  recorded: ReturnType<EngineCorpus["recorded"]>,
  { prepared: { each, context, text, base }, bases }: Comparison,
): Promise<string | undefined> {
  try {
    const { config } = await fixture.build([text], { context, buildArgs: each.buildArgs ?? {} });
    if (recorded === undefined) return "an image, where the engine fails";
    const below = base === undefined ? 0 : 1;
    const tree = await treeOfLayers(fixture, config.rootfs.diff_ids.slice(below));
    const [ours, theirs] = [
      added(tree, bases?.ours ?? new Set()),
      added(recorded.tree, bases?.theirs ?? new Set()),
    ];
    assert.deepEqual(withoutSkipped(ours, each), withoutSkipped(theirs, each));
    assert.deepEqual(compared(config.config), compared(recorded.config.config));
    return undefined;
  } catch (error) {
    if (recorded === undefined && !(error instanceof assert.AssertionError)) return undefined;
    return describeError(error);
  }
}
