import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { openSync, readFileSync, writeFileSync } from "node:fs";
import { digestOf } from "../../../core/digest.ts";
import { Failure } from "../../../core/errors.ts";
import { loadKernel } from "../../../native/binding.ts";
import { findDerived } from "../../../store/snapshots/derived-trees.ts";
import type { Store } from "../../../store/types.ts";
import { mountIndex, recordsOf } from "../../native/index-support.ts";
import { DIRECTORY, requiresKernel, run } from "../../native/support.ts";
import { hostileTars } from "../../support/hostile-tars.ts";
import { requiresErofs, requiresPeer, requiresPeerFiles } from "../../support/requires.ts";
import { rawTar } from "../../support/tar-bytes.ts";
import { differences, recordLines, type TreeRecord } from "../../support/tree-records.ts";
import { chunks, TestStore } from "../support.ts";

const RECORDED = new URL("./recorded/hostile-layers-docker-28.json", import.meta.url);
/** As many show every difference that there is a reason for. */
const RECORDED_COUNT = 250;
/** SLIPWAY_ARCHIVES=250 looks at all that are recorded, or at more beside an engine. */
const COUNT = process.env["UPDATE"] === "1" ? RECORDED_COUNT : Number(process.env["SLIPWAY_ARCHIVES"] || 40);
const DRIVERS = ["overlay2", "erofs"] as const;

/** Where Docker Engine 28 and we part, by the lines that show it, each with the reason. */
const MEANT: Readonly<Record<string, RegExp>> = {
  "of two members with one name the last wins here; what the engine keeps of a tar knows a path once":
    /^the engine alone refuses: duplicates of file paths not supported/,
  "a contiguous file (type 7) is a file to whoever does not know more of it, as POSIX has it":
    /^the engine alone refuses: unhandled tar header type 55/,
  "what leads out of the root is looked up within it":
    /^the engine alone refuses: .*(invalid entry name "\.\."|path escapes from parent)/,
  "a path is gone through name by name, and only names have a greatest length":
    /^the engine alone refuses: .*file name too long/,
  "the engine sets the times of directories at the end, also of one whose parent became a file":
    /^the engine alone refuses: chtimesat \S+: not a directory/,
  "header fields are read as GNU tar reads them":
    /^the engine alone refuses: archive\/tar: invalid tar header/,
  "a layer's root can only be a directory; the engine passes over a file there":
    /^we alone refuse: .*the root, which can only be a directory/,
  "nothing is made where a dangling link leads": /^we alone refuse: .*a link that leads nowhere/,
  "an archive that was cut is damaged, wherever": /^we alone refuse: .*unexpected end of the archive/,
  "a whiteout has no mode that counts": / char 0 0:0 .* device 0:0 became char 600 /,
  "the bookkeeping of aufs hides nothing": /^\.wh\.\S+: char 0 0:0 .* device 0:0 .*became nothing$/,
  "the engine puts times before 1970, and those that its clock does not hold, to 1970":
    /^\S+: (\w+ \d+ \S+ links \d+)(.*) became \1(?: size \d+)? time -?\d+/,
};

const matching = (line: string): readonly string[] =>
  Object.entries(MEANT).flatMap(([reason, pattern]) => (pattern.test(line) ? [reason] : []));

/** What one archive came to. */
interface Outcome {
  /** Why we refuse it, or a digest of what is mounted. */
  readonly here: string;
  /** Where the engine's directory is another than ours, or who alone refuses it. */
  readonly engine: readonly string[];
}

const DAY_MS = 86_400_000;

/** Without what is this machine's or this hour's, and shorter. */
const normal = (line: string): string =>
  line
    .replaceAll(/\S+\/overlay2\/\w+\/diff/g, "<root>")
    .replaceAll(/(?:n{100,}\/?)+/g, "<long>")
    .replaceAll(/time (\d+)/g, (time, ns) =>
      Math.abs(Date.now() - Number(ns) / 1e6) < DAY_MS ? "time now" : time,
    );

type Shown = { readonly tree: ReadonlyMap<string, TreeRecord> } | { readonly refused: string };

/** The layer as the store's driver makes it for its first container. */
async function shownBy({ layers, snapshots, content, paths }: Store, tar: Buffer): Promise<Shown> {
  const { diffId } = await layers.adopt(chunks(tar));
  try {
    await snapshots.view([diffId]);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return { refused: error.message.replaceAll(/\/proc\/self\/fd\/\d+/g, "the layer") };
  }
  const derived = findDerived(paths.layer(diffId)) ?? assert.fail("nothing was made of the layer");
  const { form, path } = derived;
  const open = (): Promise<number> | number =>
    form === "tree" ? openSync(path, DIRECTORY) : mountIndex(path, content.path(diffId));
  return { tree: await recordsOf(open) };
}

function differenceOf([a, b]: readonly [Shown, Shown]): readonly string[] {
  if ("tree" in a && "tree" in b) return differences(a.tree, b.tree);
  const [left, right] = [a, b].map((shown) => ("refused" in shown ? shown.refused : "mounted"));
  return left === right ? [] : [`${DRIVERS[0]}: ${left}; ${DRIVERS[1]}: ${right}`];
}

const hereOf = (shown: Shown): string =>
  "refused" in shown
    ? `refused: ${normal(shown.refused)}`
    : digestOf(recordLines(shown.tree).join("\n")).slice(7, 23);

/** An image of one layer, as `docker load` reads it. */
function archiveOf(layer: Buffer): Buffer {
  const rootfs = { type: "layers", diff_ids: [digestOf(layer)] };
  const config = JSON.stringify({ architecture: "amd64", os: "linux", config: {}, rootfs });
  const manifest = JSON.stringify([{ Config: "config.json", RepoTags: [], Layers: ["layer.tar"] }]);
  return rawTar(
    { name: "manifest.json", content: manifest },
    { name: "config.json", content: config },
    { name: "layer.tar", content: layer },
  );
}

/** What the engine makes of the layer: its directory, or why it refuses. */
function loadInto(docker: string, layer: Buffer): { readonly id: string; readonly upper: string } | string {
  const input = archiveOf(layer);
  const { status, stdout, stderr } = spawnSync(docker, ["load"], { input, encoding: "utf8" });
  if (status !== 0) return stderr.trim();
  const id = /sha256:\w{64}/.exec(stdout)?.[0] ?? assert.fail(stdout);
  return { id, upper: run(docker, "image", "inspect", "-f", "{{.GraphDriver.Data.UpperDir}}", id).trim() };
}

/** How the engine's directory and ours differ. */
async function compareWithEngine(docker: string, layer: Buffer, shown: Shown): Promise<readonly string[]> {
  const loaded = loadInto(docker, layer);
  if (typeof loaded === "string") return "refused" in shown ? [] : [`the engine alone refuses: ${loaded}`];
  try {
    if ("refused" in shown) return [`we alone refuse: ${shown.refused}`];
    return differences(await recordsOf(() => openSync(loaded.upper, DIRECTORY)), shown.tree);
  } finally {
    run(docker, "image", "rm", "-f", loaded.id);
  }
}

/** Calls `use` with each archive and what both drivers make of it, and finds both stores in order afterwards. */
async function withEach(count: number, use: (tar: Buffer, shown: Shown) => Promise<void>): Promise<void> {
  await using overlay2 = await TestStore.open({ driver: DRIVERS[0] });
  await using erofs = await TestStore.open({ driver: DRIVERS[1] });
  const stores = [overlay2.store, erofs.store] as const;
  const apart: string[] = [];
  let round = 0;
  try {
    for (const tar of hostileTars(20_240_501, count)) {
      const shown = [await shownBy(stores[0], tar), await shownBy(stores[1], tar)] as const;
      for (const line of differenceOf(shown)) apart.push(`archive ${round}: ${line}`);
      await use(tar, shown[1]);
      round++;
    }
    assert.deepEqual(apart, []);
    for (const store of stores) assert.deepEqual((await store.check()).problems, []);
  } finally {
    // Paths too long for Node to remove.
    for (const { paths } of stores) await loadKernel().removeTree(paths.layers);
  }
}

describe("hostile layers, beside Docker Engine", () => {
  before(function () {
    requiresKernel(this);
    requiresErofs(this);
  });

  /** With UPDATE=1 the answers of the engine at DOCKER_HOST take their place. */
  const recorded = (): readonly Outcome[] => JSON.parse(readFileSync(RECORDED, "utf8")) as Outcome[];

  it(`are the same to the engine that is here, ${COUNT} of them`, async function () {
    const docker = requiresPeer(this);
    requiresPeerFiles(this, docker);
    this.timeout(60_000 + COUNT * 2000);
    const outcomes: Outcome[] = [];
    await withEach(COUNT, async (tar, shown) => {
      const engine = await compareWithEngine(docker, tar, shown);
      outcomes.push({ here: hereOf(shown), engine: engine.map(normal) });
    });
    if (process.env["UPDATE"] === "1")
      writeFileSync(RECORDED, `[\n${outcomes.map((each) => JSON.stringify(each)).join(",\n")}\n]\n`);
    const known = recorded().slice(0, COUNT);
    assert.deepEqual(outcomes.slice(0, known.length), known);
    const unmeant = outcomes.flatMap(({ engine }) => engine).filter((line) => matching(line).length === 0);
    assert.deepEqual(unmeant, []);
  });

  it(`are refused, or mounted by both drivers, as they were beside the engine, ${COUNT} of them`, async function () {
    this.timeout(60_000 + COUNT * 1000);
    const known = recorded().slice(0, COUNT);
    const outcomes: string[] = [];
    await withEach(known.length, async (_, shown) => void outcomes.push(hereOf(shown)));
    assert.deepEqual(
      outcomes,
      known.map(({ here }) => here),
    );
  });

  it("are mounted as the engine unpacked them, or otherwise for a reason that is still one", () => {
    const lines = recorded().flatMap(({ engine }) => engine);
    assert.deepEqual(
      lines.filter((line) => matching(line).length === 0),
      [],
    );
    const used = new Set(lines.flatMap(matching));
    const idle = Object.keys(MEANT).filter((reason) => !used.has(reason));
    assert.deepEqual(idle, [], "reasons that nothing has any more");
    const same = recorded().filter(({ engine }) => engine.length === 0).length;
    assert.ok(same > RECORDED_COUNT / 2, `${same} of ${RECORDED_COUNT} are the same`);
  });
});
