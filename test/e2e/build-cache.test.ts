import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, writeFileSync } from "node:fs";
import { setTimeout } from "node:timers/promises";
import { after, before, describe, it } from "mocha";
import type { BuildCacheEntry } from "../../engine/api.ts";
import { openEngine } from "../../engine/compose.ts";
import { testedDriver } from "../support/snapshot-driver.ts";
import { builtCommand, commandEnv } from "./support/command.ts";
import { Slipway } from "./support/slipway.ts";

const DOCKERFILE = `FROM busybox
RUN head -c 3000000 /dev/urandom > /large
RUN mkdir /many && for n in $(seq 200); do echo $n > /many/$n; done
RUN --mount=type=cache,target=/c,id=downloads head -c 2000000 /dev/urandom > /c/file && ln /c/file /c/again
COPY a /a
`;
const FAILING = "FROM busybox\nRUN head -c 1000000 /dev/urandom > /left; exit 7\n";

const WORTH = `FROM busybox AS cheap
RUN head -c 6000000 /dev/urandom > /cheap
FROM busybox AS dear
RUN sleep 1.5; head -c 100000 /dev/urandom > /dear
`;
/** Goes on when there is a file in the directory. */
const GATE = `FROM busybox AS first
RUN head -c 2000000 /dev/urandom > /cheap
FROM first
RUN --mount=type=cache,target=/gate until test -e /gate/open; do sleep 0.1; done
`;

/** Where builds leave things. */
const PARTS = ["blobs", "layers", "cachemounts", "snapshots"];

describe("the build cache", () => {
  let slipway: Slipway;
  before(async function () {
    slipway = await Slipway.open(this);
    mkdirSync(slipway.scratch.join("context"));
    writeFileSync(slipway.scratch.join("context/Dockerfile"), DOCKERFILE);
    writeFileSync(slipway.scratch.join("context/Failing"), FAILING);
    writeFileSync(slipway.scratch.join("context/Next"), "FROM busybox\nRUN echo quick > /quick\n");
    writeFileSync(slipway.scratch.join("context/a"), "a".repeat(500_000));
  });
  after(async () => slipway?.[Symbol.asyncDispose]());

  const usage = async (): Promise<readonly BuildCacheEntry[]> => {
    await using engine = await openEngine(slipway.root, testedDriver());
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
    assert.match(table, /^[0-9a-f]{64}\* +true +2(?:\.\d+)?MB +/m);
    assert.match(
      table,
      /\nShared: +[\d.]+MB\nPrivate: +2(?:\.\d+)?MB\nReclaimable: +2(?:\.\d+)?MB\nTotal: +[\d.]+MB$/,
    );
    const full = await slipway.ok(["builder", "du", "--verbose", "--filter", "type==exec.cachemount"]);
    assert.match(full, /^ID: +[0-9a-f]{64}\n/);
    assert.match(
      full,
      /\nMutable: +true\nReclaimable: +true\nShared: +false\nSize: +2(?:\.\d+)?MB\nDescription: +\/downloads\n/,
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
    assert.match(
      pruned,
      /^Deleted build cache objects:\n[0-9a-f]{64}\n\nTotal reclaimed space: 2(?:\.\d+)?MB$/,
    );
    assert.equal(await slipway.ok(["builder", "prune", "-f"]), "Total reclaimed space: 0B");
    await slipway.ok(["rmi", "listed"]);
    await slipway.ok(["builder", "prune", "-f", "--keep-storage", "4m"]);
    const left = await usage();
    assert.ok(left.length > 0 && sum(left) <= 4 << 20, await types());
    await slipway.ok(["builder", "prune", "-af"]);
    assert.equal(await types(), "");
  });

  /** The command line on an engine whose cache may have so many bytes. */
  const within = (maxUsedSpace: number) => ({
    via: {
      connect: () => openEngine(slipway.root, { ...testedDriver(), cacheCare: () => ({ maxUsedSpace }) }),
      env: {},
    },
  });
  const described = async () =>
    (await usage())
      .filter(({ shared }) => !shared)
      .flatMap(({ description }) => /dear|cheap|gate|quick/.exec(description)?.[0] ?? [])
      .sort();

  it("gives up by itself what was cheap to make for its size, and says so", async () => {
    writeFileSync(slipway.scratch.join("context/Worth"), WORTH);
    const build = ["build", "-q", "-t", "worth", "-f", "context/Worth", "--target"];
    await slipway.ok([...build, "cheap", "context"], within(100e6));
    await slipway.ok([...build, "dear", "context"], within(100e6));
    await slipway.ok(["rmi", "worth"]);
    await slipway.ok(["image", "prune", "-f"]);
    assert.deepEqual(await described(), ["cheap", "dear"]);
    await slipway.ok(["build", "-q", "-t", "next", "-f", "context/Next", "context"], within(3e6));
    assert.deepEqual(await described(), ["dear"]);
    const argv = ["build", "--progress", "plain", "--explain", "-f", "context/Worth", "--target"];
    const again = await slipway.run([...argv, "cheap", "context"]);
    const evicted = /its result was evicted from the cache at 20\S+Z to keep the cache within its space/;
    assert.match(again.out, evicted);
    assert.doesNotMatch((await slipway.run([...argv, "dear", "context"])).out, evicted);
    await slipway.ok(["rmi", "next"]);
    await slipway.ok(["image", "prune", "-f"]);
  });

  it("leaves to a build in another process what it builds on, and its directories", async () => {
    writeFileSync(slipway.scratch.join("context/Gate"), GATE);
    await slipway.ok(["builder", "prune", "-af"]);
    const folder = slipway.scratch.join("context");
    await slipway.ok(["build", "-q", "-f", "context/Gate", "--target", "first", "context"]);
    await slipway.ok(["image", "prune", "-f"]);
    const argv = ["--root", slipway.root, "build", "-q", "-f", `${folder}/Gate`, folder];
    const child = spawn(builtCommand(), argv, { stdio: "ignore", env: commandEnv() });
    using _killed = { [Symbol.dispose]: () => void child.kill("SIGKILL") };
    const ended = once(child, "exit");
    let mount: BuildCacheEntry | undefined;
    while (mount === undefined && child.exitCode === null) {
      await setTimeout(20);
      mount = (await usage()).find(({ kind, inUse }) => kind === "mount" && inUse);
    }
    await slipway.ok(["build", "-q", "-f", "context/Next", "context"], within(1));
    const pruned = await slipway.ok(["builder", "prune", "-af"]);
    assert.doesNotMatch(pruned, new RegExp(String(mount?.id)));
    assert.deepEqual(await described(), ["cheap", "gate"]);
    writeFileSync(`${slipway.root}/cachemounts/${mount?.id}/open`, "");
    assert.deepEqual(await ended, [0, null]);
  });
});
