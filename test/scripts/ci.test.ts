import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, it } from "mocha";

const path = (name: string): string => fileURLToPath(new URL(`../../${name}`, import.meta.url));

describe(".ci/run", () => {
  let folder = "";
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "slipway-ci-"));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  /** Runs it with an npm that prints `output` for "npm test" and exits as given. */
  function run(output: string, exits: { readonly test: number; readonly check: number }) {
    const script = [
      "#!/bin/sh",
      `case "$1" in`,
      `test) printf '%s\\n' '${output}' 'npm error code 1'; exit ${exits.test} ;;`,
      `*) echo checking; exit ${exits.check} ;;`,
      "esac",
    ];
    writeFileSync(join(folder, "npm"), `${script.join("\n")}\n`, { mode: 0o755 });
    const env = { ...process.env, PATH: `${folder}:${process.env["PATH"] ?? ""}` };
    const { status, stdout } = spawnSync("bash", [path(".ci/run")], { env, encoding: "utf8" });
    return { status, lastLine: stdout.trimEnd().split("\n").at(-1) };
  }

  const COUNTS = "12 passed, 0 failed, 1 skipped";
  const FAILED = "11 passed, 1 failed, 1 skipped";
  const CASES = [
    [COUNTS, { test: 0, check: 0 }, { status: 0, lastLine: COUNTS }],
    [FAILED, { test: 1, check: 0 }, { status: 1, lastLine: FAILED }],
    [COUNTS, { test: 0, check: 2 }, { status: 1, lastLine: COUNTS }],
    [
      "setup: g++ is missing",
      { test: 1, check: 0 },
      { status: 1, lastLine: "0 passed, 1 failed, 0 skipped" },
    ],
  ] as const;
  for (const [output, exits, expected] of CASES) {
    it(`"${output}" with exit statuses ${exits.test} and ${exits.check} ends with ${expected.status}`, () => {
      assert.deepEqual(run(output, exits), expected);
    });
  }
});

describe("scripts/setup.sh", () => {
  it("installs what the build of the native core asks for", () => {
    const setup = readFileSync(path("scripts/setup.sh"), "utf8");
    const build = readFileSync(path("scripts/build-native.js"), "utf8");
    const asked = Array.from(build.matchAll(/package: "([^"]+)"/g), ([, name = ""]) => name);
    assert.ok(asked.length > 0);
    for (const name of asked) assert.match(setup, new RegExp(`^${name.replaceAll("+", "\\+")} `, "m"), name);
  });
});
