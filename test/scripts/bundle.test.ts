import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, it } from "mocha";
import { builtCommand } from "../e2e/support/command.ts";
import { Scratch } from "../support/scratch.ts";

describe("the bundle", () => {
  it("loads late what the way to a registry needs", () => {
    using scratch = new Scratch();
    const { status, stderr } = spawnSync(
      builtCommand(),
      ["--root", scratch.join("root"), "pull", "registry.invalid/x:1"],
      { env: { PATH: process.env["PATH"], HTTPS_PROXY: "http://127.0.0.1:1" }, encoding: "utf8" },
    );
    assert.equal(stderr, 'Error: Get "https://registry.invalid/v2/": connect: connection refused\n');
    assert.equal(status, 1);
  });
});

const source = (name: string): string => fileURLToPath(new URL(`../../${name}`, import.meta.url));

describe("scripts/build-bundle.js", () => {
  let scratch: Scratch;
  const dist = (name = ""): string => scratch.join(`dist/${name}`);
  const script = (): string => scratch.join("scripts/build-bundle.js");

  // A checkout with a program of one line.
  beforeEach(() => {
    scratch = new Scratch();
    for (const folder of ["bin", "cli", "scripts"]) mkdirSync(scratch.join(folder));
    for (const file of ["bin/program.cjs", "bin/slipway", "scripts/build-bundle.js", "package-lock.json"])
      copyFileSync(source(file), scratch.join(file));
    symlinkSync(source("node_modules"), scratch.join("node_modules"));
    writeFileSync(scratch.join("package.json"), '{ "type": "module" }');
    writeFileSync(scratch.join("bin/package.json"), '{ "type": "commonjs" }');
    writeFileSync(scratch.join("cli/main.ts"), 'process.stdout.write("hello\\n");\n');
    cacheBy("");
  });
  afterEach(() => scratch[Symbol.dispose]());

  /** Counts how often the bundle's code is compiled, by that. */
  function cacheBy(text: string): void {
    const count = `require("node:fs").appendFileSync(${JSON.stringify(scratch.join("count"))}, ".");`;
    writeFileSync(scratch.join("scripts/cache-bundle.cjs"), `${count}\n${text}\n`);
  }
  const counted = (): number => readFileSync(scratch.join("count"), "utf8").length;

  function build(): string {
    const { status, stderr } = spawnSync(process.execPath, [script()], { encoding: "utf8" });
    assert.equal(status, 0, stderr);
    return stderr;
  }
  const says = (): string =>
    spawnSync(process.execPath, [scratch.join("bin/slipway")], { encoding: "utf8" }).stdout;

  it("makes a bundle once, until something of it changes", () => {
    assert.equal(build() + build(), "");
    assert.equal(counted(), 1);
    assert.equal(says(), "hello\n");
    writeFileSync(scratch.join("cli/main.ts"), 'process.stdout.write("hello again\\n");\n');
    build();
    assert.equal(says(), "hello again\n");
    assert.deepEqual(readdirSync(dist()).sort(), ["LEGAL.txt", "inputs.json", "program.chunks"]);
  });

  for (const [how, text, why] of [
    ["fails", "process.exitCode = 3;", "exit status 3"],
    ["is killed", "process.kill(process.pid, 'SIGKILL');", "SIGKILL"],
  ] as const)
    it(`makes a bundle again whose code could not be kept, as who compiles it ${how}`, () => {
      cacheBy(text);
      assert.equal(build(), `build-bundle: the compiled code could not be kept (${why})\n`);
      assert.equal(says(), "hello\n");
      assert.equal(existsSync(dist("inputs.json")), false);
      build();
      assert.equal(counted(), 2);
      cacheBy("");
      assert.equal(build() + build(), "");
      assert.equal(counted(), 3);
    });

  it("is run by several at once", async () => {
    const builds = Array.from({ length: 4 }, () => spawn(process.execPath, [script()], { stdio: "inherit" }));
    const ends = await Promise.all(builds.map((child) => once(child, "exit")));
    assert.deepEqual(ends, Array(4).fill([0, null]));
    assert.equal(says(), "hello\n");
    const made = counted();
    build();
    assert.equal(counted(), made);
    assert.deepEqual(
      readdirSync(scratch.path).filter((name) => name.startsWith("dist")),
      ["dist"],
    );
  });
});
