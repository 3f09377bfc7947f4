import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { lstatSync, mkdirSync, openSync, writeFileSync } from "node:fs";
import type { Context } from "mocha";
import { loadKernel } from "../../native/binding.ts";
import { compareIndex, indexTar, recordsOf } from "../native/index-support.ts";
import { DIRECTORY, requiresKernel, run, writeUpperTo } from "../native/support.ts";
import { requiresCommand, requiresErofs, requiresErofsFsck, requiresPeer } from "../support/requires.ts";
import { Scratch } from "../support/scratch.ts";
import { differences } from "../support/tree-records.ts";

/** SLIPWAY_PACKAGES=300 takes so many of the Debian packages that are installed here, spread over all of them. */
const COUNT = Number(process.env["SLIPWAY_PACKAGES"] || 5);

function installedPackages(): readonly string[] {
  const all = run("dpkg-query", "-W", "-f", "${db:Status-Abbrev} ${binary:Package}\\n")
    .split("\n")
    .filter((line) => line.startsWith("ii "))
    .map((line) => line.slice(3).trim());
  return all.filter(
    (_, i) => Math.floor((i * COUNT) / all.length) !== Math.floor(((i - 1) * COUNT) / all.length),
  );
}

/** The package's files as they are installed, in a tree of their own. */
function copyPackage(name: string, tree: string): void {
  const paths = run("dpkg-query", "-L", name).split("\n");
  // What was diverted or left out when it was installed is not there.
  const there = paths.filter(
    (path) => path.startsWith("/") && path !== "/." && lstatSync(path, { throwIfNoEntry: false }),
  );
  const relative = there.map((path) => `.${path}\n`).join("");
  // Whole seconds, which is what our own writer keeps.
  const whole = "--pax-option=delete=mtime,delete=atime,delete=ctime";
  const xattrs = ["--xattrs", "--xattrs-include=*"];
  const from = ["-C", "/", "--no-recursion", "--format=pax", whole, ...xattrs, "-T", "-", "-cf", "-"];
  const tar = execFileSync("tar", from, { input: relative, maxBuffer: 2 ** 31 });
  // Where the links of a merged /usr lead.
  const merged = ["usr/bin", "usr/sbin", "usr/lib", "usr/lib32", "usr/lib64"].map(
    (path) => `${tree}/${path}`,
  );
  for (const path of merged) mkdirSync(path, { recursive: true });
  execFileSync("tar", ["-C", tree, ...xattrs, "-xpf", "-"], { input: tar });
  // Directories that no list names.
  run("find", tree, "-type", "d", "-mmin", "-5", "-exec", "touch", "-d", "@1600000000", "{}", "+");
}

type Writer = (tree: string, tar: string) => unknown;

const writeByTar: Writer = (tree, tar) =>
  run("tar", "--format=pax", "--xattrs", "--xattrs-include=*", "-C", tree, "-cf", tar, ".");

/** Unpacked and written by the engine, as a build's layer. */
const writeByEngine =
  (docker: string, scratch: Scratch): Writer =>
  (tree, tar) => {
    const context = scratch.join("context");
    mkdirSync(context, { recursive: true });
    writeByTar(tree, scratch.join("context/files.tar"));
    writeFileSync(scratch.join("context/Dockerfile"), "FROM scratch\nADD files.tar /\n");
    const id = run(docker, "build", "-q", "--no-cache", context).trim();
    const saved = scratch.join("saved");
    mkdirSync(saved, { recursive: true });
    run("sh", "-euc", `"$1" save "$2" | tar -xf - -C "$3"`, "save", docker, id, saved);
    const script = `import json, sys; print(json.load(open(sys.argv[1]))[0]["Layers"][0])`;
    run("cp", `${saved}/${run("python3", "-c", script, `${saved}/manifest.json`).trim()}`, tar);
    run(docker, "image", "rm", "-f", id);
    run("rm", "-r", saved);
  };

describe("layers of Debian packages", () => {
  /** Calls `use` with each package's tree, and its tar as `write` makes it. */
  async function withEach(
    test: Context,
    write: (scratch: Scratch) => Writer,
    use: (
      scratch: Scratch,
      paths: { readonly tree: string; readonly tar: string },
    ) => Promise<readonly string[]>,
  ): Promise<void> {
    requiresKernel(test);
    requiresErofs(test);
    requiresCommand(test, "dpkg-query");
    test.timeout(60_000 + COUNT * 20_000);
    using scratch = new Scratch();
    const [tree, tar] = [scratch.join("tree"), scratch.join("in.tar")];
    const writer = write(scratch);
    const found: string[] = [];
    for (const name of installedPackages()) {
      await loadKernel().removeTree(tree);
      mkdirSync(tree, { mode: 0o755 });
      copyPackage(name, tree);
      await writer(tree, tar);
      for (const line of await use(scratch, { tree, tar })) found.push(`${name}: ${line}`);
    }
    assert.deepEqual(found, []);
  }

  const asUnpacked = async (
    scratch: Scratch,
    { tar }: { readonly tar: string },
  ): Promise<readonly string[]> => {
    const compared = await compareIndex(scratch, tar);
    return compared.index === undefined ? [compared.outcome] : compared.differences;
  };

  async function asTheyWere(
    scratch: Scratch,
    { tree, tar }: { readonly tree: string; readonly tar: string },
  ): Promise<readonly string[]> {
    const { index, outcome, differences: lines } = await compareIndex(scratch, tar);
    if (index === undefined) return [outcome];
    return [...lines, ...differences(await recordsOf(() => openSync(tree, DIRECTORY)), index)];
  }

  it(`of GNU tar are mounted as they were, ${COUNT} packages`, async function () {
    await withEach(this, () => writeByTar, asTheyWere);
  });

  it(`of our own writer are mounted as they were, ${COUNT} packages`, async function () {
    await withEach(this, () => (tree, tar) => writeUpperTo(tar, tree), asTheyWere);
  });

  it(`that Docker Engine saves are mounted as they are unpacked, ${COUNT} packages`, async function () {
    const docker = requiresPeer(this);
    await withEach(this, (scratch) => writeByEngine(docker, scratch), asUnpacked);
  });

  it(`have indexes that fsck.erofs finds in order, ${COUNT} packages`, async function () {
    const fsck = requiresErofsFsck(this);
    await withEach(
      this,
      () => writeByTar,
      async (scratch, { tar }) => {
        await indexTar(tar, scratch.join("layer.erofs"));
        const args = [`--device=${tar}`, scratch.join("layer.erofs")];
        const { status, stdout, stderr } = spawnSync(fsck, args, { encoding: "utf8" });
        return status === 0 ? [] : [`${stdout}${stderr}`];
      },
    );
  });
});
