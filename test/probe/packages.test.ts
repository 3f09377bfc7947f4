import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { lstatSync, mkdirSync, openSync, readFileSync, writeFileSync } from "node:fs";
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

const LONGEST = 2 ** 31;

/** The package's files as they are installed, in a tree of their own. */
function copyPackage(name: string, tree: string): void {
  const listed = execFileSync("dpkg-query", ["-L", name], { encoding: "utf8", maxBuffer: LONGEST });
  const paths = listed.split("\n");
  // What was diverted or left out when it was installed is not there.
  const there = paths.filter(
    (path) => path.startsWith("/") && path !== "/." && lstatSync(path, { throwIfNoEntry: false }),
  );
  const relative = there.map((path) => `.${path}\n`).join("");
  // Whole seconds, which is what our own writer keeps.
  const whole = "--pax-option=delete=mtime,delete=atime,delete=ctime";
  const xattrs = ["--xattrs", "--xattrs-include=*"];
  const from = ["-C", "/", "--no-recursion", "--format=pax", whole, ...xattrs, "-T", "-", "-cf", "-"];
  const tar = execFileSync("tar", from, { input: relative, maxBuffer: LONGEST });
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

/** So many packages are layers of one image of the engine: starting it for each would take longer than its work. */
const BATCH = 25;

/** Unpacked and written by the engine, as a build's layers, from the archives in the folder `context`. Returns the layers' paths, in their order. */
function writeByEngine(
  docker: string,
  { context, saved }: { readonly context: string; readonly saved: string },
  archives: readonly string[],
): readonly string[] {
  const lines = archives.map((name) => `ADD ${name} /\n`);
  writeFileSync(`${context}/Dockerfile`, ["FROM scratch\n", ...lines].join(""));
  const id = run(docker, "build", "-q", "--no-cache", context).trim();
  try {
    run("sh", "-euc", `"$1" save "$2" | tar -xf - -C "$3"`, "save", docker, id, saved);
  } finally {
    run(docker, "image", "rm", "-f", id);
  }
  const [{ Layers: layers }] = JSON.parse(readFileSync(`${saved}/manifest.json`, "utf8")) as [
    { readonly Layers: readonly string[] },
  ];
  assert.equal(layers.length, archives.length);
  return layers.map((path) => `${saved}/${path}`);
}

describe("layers of Debian packages", () => {
  function requiresAll(test: Context): void {
    requiresKernel(test);
    requiresErofs(test);
    requiresCommand(test, "dpkg-query");
    test.timeout(60_000 + COUNT * 20_000);
  }

  async function copyTo(tree: string, name: string): Promise<void> {
    await loadKernel().removeTree(tree);
    mkdirSync(tree, { mode: 0o755 });
    copyPackage(name, tree);
  }

  /** Calls `use` with each package's tree, and its tar as `write` makes it. */
  async function withEach(
    test: Context,
    write: Writer,
    use: (
      scratch: Scratch,
      paths: { readonly tree: string; readonly tar: string },
    ) => Promise<readonly string[]>,
  ): Promise<void> {
    requiresAll(test);
    using scratch = new Scratch();
    const [tree, tar] = [scratch.join("tree"), scratch.join("in.tar")];
    const found: string[] = [];
    for (const name of installedPackages()) {
      await copyTo(tree, name);
      await write(tree, tar);
      for (const line of await use(scratch, { tree, tar })) found.push(`${name}: ${line}`);
    }
    assert.deepEqual(found, []);
  }

  /** How the engine's layers of these packages are mounted otherwise than they are unpacked. */
  async function comparedFromEngine(docker: string, names: readonly string[]): Promise<readonly string[]> {
    using scratch = new Scratch();
    const [context, saved] = [scratch.join("context"), scratch.join("saved")];
    for (const folder of [context, saved]) mkdirSync(folder);
    const archives = names.map((_, i) => `${i}.tar`);
    for (const [i, name] of names.entries()) {
      await copyTo(scratch.join("tree"), name);
      writeByTar(scratch.join("tree"), `${context}/${i}.tar`);
    }
    const found: string[] = [];
    for (const [i, tar] of writeByEngine(docker, { context, saved }, archives).entries()) {
      const { index, outcome, differences: lines } = await compareIndex(scratch, tar);
      for (const line of index === undefined ? [outcome] : lines) found.push(`${names[i]}: ${line}`);
    }
    return found;
  }

  async function asTheyWere(
    scratch: Scratch,
    { tree, tar }: { readonly tree: string; readonly tar: string },
  ): Promise<readonly string[]> {
    const { index, outcome, differences: lines } = await compareIndex(scratch, tar);
    if (index === undefined) return [outcome];
    return [...lines, ...differences(await recordsOf(() => openSync(tree, DIRECTORY)), index)];
  }

  it(`of GNU tar are mounted as they were, ${COUNT} packages`, async function () {
    await withEach(this, writeByTar, asTheyWere);
  });

  it(`of our own writer are mounted as they were, ${COUNT} packages`, async function () {
    await withEach(this, (tree, tar) => writeUpperTo(tar, tree), asTheyWere);
  });

  it(`that Docker Engine saves are mounted as they are unpacked, ${COUNT} packages`, async function () {
    const docker = requiresPeer(this);
    requiresAll(this);
    const names = installedPackages();
    const found: string[] = [];
    for (let i = 0; i < names.length; i += BATCH)
      found.push(...(await comparedFromEngine(docker, names.slice(i, i + BATCH))));
    assert.deepEqual(found, []);
  });

  it(`have indexes that fsck.erofs finds in order, ${COUNT} packages`, async function () {
    const fsck = requiresErofsFsck(this);
    await withEach(this, writeByTar, async (scratch, { tar }) => {
      await indexTar(tar, scratch.join("layer.erofs"));
      const args = [`--device=${tar}`, scratch.join("layer.erofs")];
      const { status, stdout, stderr } = spawnSync(fsck, args, { encoding: "utf8" });
      return status === 0 ? [] : [`${stdout}${stderr}`];
    });
  });
});
