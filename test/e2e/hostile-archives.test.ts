import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { type Header, pack } from "tar-stream";
import { Slipway } from "./support/slipway.ts";

type Entry = Partial<Header> & { readonly name: string; readonly data?: string };

async function tarOf(entries: readonly Entry[]): Promise<Buffer> {
  const tar = pack();
  for (const { data, ...header } of entries) tar.entry(header, data ?? "");
  tar.finalize();
  const chunks: Buffer[] = [];
  for await (const chunk of tar) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

/** Archives that try to write to a file of the host; VICTIM stands for its path. */
const ARCHIVES: Readonly<Record<string, (victim: string) => readonly Entry[]>> = {
  "a name with ..": (victim) => [{ name: `../../../../../../../..${victim}`, data: "owned" }],
  "an absolute name": (victim) => [{ name: victim, data: "owned" }],
  "a link, and a file through it": (victim) => [
    { name: "way", type: "symlink", linkname: victim.replace(/\/[^/]*$/, "") },
    { name: `way/${victim.split("/").at(-1)}`, data: "owned" },
  ],
  "a link that climbs, and a file through it": (victim) => [
    { name: "way", type: "symlink", linkname: `../../../../../../../..${victim.replace(/\/[^/]*$/, "")}` },
    { name: `way/${victim.split("/").at(-1)}`, data: "owned" },
  ],
  "a link in the file's own place": (victim) => [
    { name: "f", type: "symlink", linkname: victim },
    { name: "f", data: "owned" },
  ],
  "a hard link to it": (victim) => [
    { name: "h", type: "link", linkname: `../../../../../../../..${victim}` },
    { name: "h", data: "owned" },
  ],
  "a directory in a link's place": (victim) => [
    { name: "d", type: "symlink", linkname: victim.replace(/\/[^/]*$/, "") },
    { name: "d/", type: "directory" },
    { name: `d/${victim.split("/").at(-1)}`, data: "owned" },
  ],
  "a whiteout outside": (victim) => [
    { name: `../../../../../../../..${victim.replace(/([^/]*)$/, ".wh.$1")}`, data: "" },
  ],
};

describe("a hostile archive", () => {
  let slipway: Slipway;
  let victim: string;
  before(async function () {
    slipway = await Slipway.open(this);
    victim = slipway.scratch.join("victim");
    await slipway.ok(["create", "--name", "box", "--network", "none", "busybox", "sleep", "100"]);
  });
  after(() => slipway?.[Symbol.asyncDispose]());
  beforeEach(() => writeFileSync(victim, "safe"));
  afterEach(() => assert.equal(readFileSync(victim, "utf8"), "safe", "the host's file is as it was"));

  let count = 0;
  for (const [title, make] of Object.entries(ARCHIVES)) {
    describe(`with ${title}`, () => {
      let tar: Buffer;
      before(async () => {
        tar = await tarOf(make(slipway.scratch.join("victim")));
      });

      it("stays in the root with ADD", async () => {
        const folder = slipway.scratch.join(`add-${count++}`);
        mkdirSync(folder);
        writeFileSync(`${folder}/a.tar`, tar);
        writeFileSync(`${folder}/Dockerfile`, "FROM busybox\nADD a.tar /x/\n");
        await slipway.run(["build", "-q", folder]);
      });
      for (const state of ["stopped", "running"]) {
        it(`stays in the root with cp into a ${state} container`, async () => {
          await slipway.ok(state === "running" ? ["start", "box"] : ["stop", "-t", "0", "box"]);
          await slipway.run(["cp", "-", "box:/tmp"], { stdin: tar });
        });
      }
      it("stays in the root as an image's layer", async () => {
        const imported = await slipway.run(["import", "-", "hostile:1"], { stdin: tar });
        if (imported.code !== 0) return;
        await slipway.run(["run", "--rm", "--network", "none", "hostile:1", "/nothing"]);
        await slipway.ok(["rmi", "hostile:1"]);
      });
      it("stays outside with load", async () => {
        const { code } = await slipway.run(["load"], { stdin: tar });
        assert.equal(code, 1);
      });
    });
  }

  describe("with ten gigabytes of nothing in it", () => {
    const SIZE = 10 * 2 ** 30;
    let tar: Buffer;
    before(() => {
      writeFileSync(slipway.scratch.join("huge"), "");
      truncateSync(slipway.scratch.join("huge"), SIZE);
      // GNU tar writes where the holes are: the archive has some kilobytes.
      tar = execFileSync("tar", ["-C", slipway.scratch.path, "-S", "-cf", "-", "huge"]);
      rmSync(slipway.scratch.join("huge"));
    });
    const used = () => Number(execFileSync("du", ["-s", "-B1", slipway.root]).toString().split("\t")[0]);
    let before_: number;
    beforeEach(() => (before_ = used()));
    afterEach(() => assert.ok(used() - before_ < 64 << 20, "holes take no space"));

    it("takes no space with ADD", async function () {
      // The layer's digest is that of all its bytes.
      this.timeout(240_000);
      const folder = slipway.scratch.join("add-huge");
      mkdirSync(folder);
      writeFileSync(`${folder}/a.tar`, tar);
      writeFileSync(`${folder}/Dockerfile`, "FROM busybox\nADD a.tar /x/\n");
      await slipway.ok(["build", "-q", "-t", "huge:1", folder]);
      const size = ["run", "--rm", "--network", "none", "huge:1", "stat", "-c", "%s", "/x/huge"];
      assert.equal(await slipway.ok(size), String(SIZE));
      await slipway.ok(["rmi", "huge:1"]);
    });
    it("takes no space as an image's layer, nor with cp", async () => {
      await slipway.ok(["import", "-", "huge:2"], { stdin: tar });
      const { code } = await slipway.run(["run", "--rm", "--network", "none", "huge:2", "/nothing"]);
      assert.equal(code, 127);
      await slipway.ok(["rmi", "huge:2"]);
      await slipway.ok(["cp", "-", "box:/tmp"], { stdin: tar });
    });
  });

  describe("of any kind", () => {
    it("leaves a store in which nothing is wrong", async function () {
      // It reads the ten gigabytes of every layer that has them.
      this.timeout(300_000);
      await slipway.ok(["rm", "-f", "box"]);
      assert.match(await slipway.ok(["system", "check"]), /: no problem$/);
      assert.ok(existsSync(slipway.root));
    });
  });
});
