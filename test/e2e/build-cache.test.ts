import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { after, before, describe, it } from "mocha";
import type { BuildCacheEntry } from "../../engine/api.ts";
import { openEngine } from "../../engine/compose.ts";
import { Slipway } from "./support/slipway.ts";

const DOCKERFILE = `FROM busybox
RUN head -c 3000000 /dev/urandom > /large
RUN mkdir /many && for n in $(seq 200); do echo $n > /many/$n; done
RUN --mount=type=cache,target=/c,id=downloads head -c 2000000 /dev/urandom > /c/file && ln /c/file /c/again
COPY a /a
`;
const FAILING = "FROM busybox\nRUN head -c 1000000 /dev/urandom > /left; exit 7\n";

/** Where builds leave things. */
const PARTS = ["blobs", "layers", "cachemounts", "snapshots"];

describe("the build cache", () => {
  let slipway: Slipway;
  before(async function () {
    slipway = await Slipway.open(this);
    mkdirSync(slipway.scratch.join("context"));
    writeFileSync(slipway.scratch.join("context/Dockerfile"), DOCKERFILE);
    writeFileSync(slipway.scratch.join("context/Failing"), FAILING);
    writeFileSync(slipway.scratch.join("context/a"), "a".repeat(500_000));
  });
  after(async () => slipway?.[Symbol.asyncDispose]());

  const usage = async (): Promise<readonly BuildCacheEntry[]> => {
    await using engine = await openEngine(slipway.root);
    return await engine.builds.usage();
  };
  /** As somebody else measures it. */
  const onDisk = (): number => {
    const paths = PARTS.map((part) => `${slipway.root}/${part}`);
    execFileSync("mkdir", ["-p", ...paths]);
    const out = execFileSync("du", ["-s", "-c", "-B1", ...paths], { encoding: "utf8" });
    return Number(/^(\d+)\ttotal$/m.exec(out)?.[1]);
  };
  const sum = (entries: readonly BuildCacheEntry[]): number =>
    entries.reduce((total, { bytes }) => total + bytes, 0);
  /** Folders grow with the names in them. */
  const SLACK = 64 * 1024;

  it("adds up to what the disk has, before and after a prune", async () => {
    // What the base image is mounted by is the image's.
    await slipway.ok(["run", "--rm", "--network", "none", "busybox", "true"]);
    const before = onDisk();
    const image = await slipway.ok(["build", "-q", "context"]);
    assert.equal((await slipway.run(["build", "-q", "-f", "context/Failing", "context"])).code, 1);
    assert.equal((await usage()).filter(({ shared }) => shared).length, 4);
    await slipway.ok(["rmi", image]);
    const entries = await usage();
    const kinds = entries.map(({ kind }) => kind).sort();
    assert.deepEqual(kinds, ["failure", "mount", "step", "step", "step", "step"]);
    const grown = onDisk() - before;
    assert.ok(Math.abs(sum(entries) - grown) <= SLACK, `${sum(entries)} told, ${grown} on the disk`);
    await slipway.ok(["builder", "prune", "-f"]);
    assert.deepEqual(await usage(), []);
    const left = onDisk() - before;
    assert.ok(Math.abs(left) <= SLACK, `${left} left of ${grown}`);
  });

  it("lists what it takes as buildx does, in a table, in full and by a template", async () => {
    await slipway.ok(["build", "-q", "-t", "listed", "context"]);
    const table = await slipway.ok(["builder", "du"]);
    assert.match(table, /^ID +RECLAIMABLE +SIZE +LAST ACCESSED\n/);
    assert.match(table, /^sha256:[0-9a-f]{64} +true +[\d.]+MB\* +(?:Less than a|\d+) seconds? ago$/m);
    assert.match(table, /^[0-9a-f]{64}\* +true +2\.01MB +/m);
    assert.match(table, /\nShared: +[\d.]+MB\nPrivate: +2\.01MB\nReclaimable: +2\.01MB\nTotal: +[\d.]+MB$/);
    const full = await slipway.ok(["builder", "du", "--verbose", "--filter", "type==exec.cachemount"]);
    assert.match(full, /^ID: +[0-9a-f]{64}\n/);
    assert.match(
      full,
      /\nMutable: +true\nReclaimable: +true\nShared: +false\nSize: +2\.01MB\nDescription: +\/downloads\n/,
    );
    assert.match(full, /\nType: +exec\.cachemount\n/);
    const template = ["--format", "{{.Type}} {{.Mutable}} {{.Description}}"];
    assert.equal(
      await slipway.ok(["builder", "du", ...template, "--filter", "description~=^COPY"]),
      "regular false COPY /a",
    );
    assert.match((await slipway.run(["builder", "du", "--filter", "x=y"])).err, /invalid filter 'x'|x/);
  });

  it("is pruned of what filters and bounds mean, and of nothing else", async () => {
    const types = async () => (await usage()).map(({ kind, shared }) => `${kind} ${shared}`).join(", ");
    await slipway.ok(["builder", "prune", "-f", "--filter", "unused-for=1h"]);
    await slipway.ok(["builder", "prune", "-f", "--max-used-space", "1g"]);
    assert.equal(await types(), "step true, step true, step true, step true, mount false");
    const pruned = await slipway.ok(["builder", "prune", "-f", "--filter", "type=exec.cachemount"]);
    assert.match(pruned, /^Deleted build cache objects:\n[0-9a-f]{64}\n\nTotal reclaimed space: 2\.01MB$/);
    assert.equal(await slipway.ok(["builder", "prune", "-f"]), "Total reclaimed space: 0B");
    await slipway.ok(["rmi", "listed"]);
    await slipway.ok(["builder", "prune", "-f", "--keep-storage", "4m"]);
    const left = await usage();
    assert.ok(left.length > 0 && sum(left) <= 4 << 20, await types());
    await slipway.ok(["builder", "prune", "-af"]);
    assert.equal(await types(), "");
  });
});
