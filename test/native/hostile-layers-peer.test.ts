import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { openSync, writeFileSync } from "node:fs";
import { digestOf } from "../../core/digest.ts";
import { loadKernel } from "../../native/binding.ts";
import { hostileTars } from "../support/hostile-tars.ts";
import { requiresErofs, requiresPeer, requiresPeerFiles } from "../support/requires.ts";
import { Scratch } from "../support/scratch.ts";
import { rawTar } from "../support/tar-bytes.ts";
import { differences } from "../support/tree-records.ts";
import { type Compared, compareIndex, recordsOf } from "./index-support.ts";
import { DIRECTORY, requiresKernel, run } from "./support.ts";

const COUNT = Number(process.env["SLIPWAY_ARCHIVES"] || 200);

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
  "header fields are read as GNU tar reads them":
    /^the engine alone refuses: archive\/tar: invalid tar header/,
  "a layer's root can only be a directory; the engine passes over a file there":
    /^we alone refuse: .*the root can only be a directory/,
  "nothing is made where a dangling link leads": /^we alone refuse: .*a link that leads nowhere/,
  "an archive that was cut is damaged, wherever": /^we alone refuse: .*unexpected end of the archive/,
  "a whiteout has no mode that counts": / char 0 0:0 .* device 0:0 became char 600 /,
  "the bookkeeping of aufs hides nothing": /^\.wh\.\S+: char 0 0:0 .* device 0:0 .*became nothing$/,
  "the engine puts times before 1970, and those that its clock does not hold, to 1970":
    /^\S+: (\w+ \d+ \S+ links \d+)(.*) became \1(?: size \d+)? time -?\d+/,
};

const isMeant = (line: string): boolean => Object.values(MEANT).some((pattern) => pattern.test(line));

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

/** How the engine's directory and our index differ. */
async function compareWithEngine(
  docker: string,
  layer: Buffer,
  { outcome, index }: Compared,
): Promise<readonly string[]> {
  const loaded = loadInto(docker, layer);
  if (typeof loaded === "string") return index === undefined ? [] : [`the engine alone refuses: ${loaded}`];
  try {
    if (index === undefined) return [`we alone refuse: ${outcome}`];
    return differences(await recordsOf(() => openSync(loaded.upper, DIRECTORY)), index);
  } finally {
    run(docker, "image", "rm", "-f", loaded.id);
  }
}

describe("hostile layers, beside Docker Engine", () => {
  it(`are mounted as the engine unpacks them, ${COUNT} of them`, async function () {
    requiresKernel(this);
    requiresErofs(this);
    const docker = requiresPeer(this);
    requiresPeerFiles(this, docker);
    this.timeout(60_000 + COUNT * 2000);
    using scratch = new Scratch();
    const different: string[] = [];
    let same = 0;
    let round = 0;
    for (const tar of hostileTars(20_240_501, COUNT)) {
      writeFileSync(scratch.join("in.tar"), tar);
      const compared = await compareIndex(scratch, scratch.join("in.tar"));
      const lines = await compareWithEngine(docker, tar, compared);
      if (lines.length === 0) same++;
      for (const line of lines) if (!isMeant(line)) different.push(`archive ${round}: ${line}`);
      round++;
    }
    await loadKernel().removeTree(scratch.join("out"));
    assert.deepEqual(different, []);
    assert.ok(same > COUNT / 2, `${same} of ${COUNT} are the same`);
  });
});
