import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { describe, it } from "mocha";
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
