import assert from "node:assert/strict";
import { describe, it } from "mocha";
import type { BuildDetails, BuildEvent } from "../../engine/api.ts";
import { runCli } from "./support/run-cli.ts";

const STARTED = new Date("2030-01-01T00:00:00Z");
const DETAILS: BuildDetails = {
  ref: "abc123",
  name: "app/<b>",
  status: "error",
  startedAt: STARTED,
  completedAt: new Date(STARTED.getTime() + 65_400),
  duration: 65_400,
  asked: {
    context: "/home/me/app",
    dockerfile: "Dockerfile",
    tags: ["app:1"],
    buildArgs: { A: "1" },
    labels: {},
    namedContexts: {},
    network: "default",
    extraHosts: [],
    noCache: false,
    pull: false,
  },
  steps: { total: 2, completed: 2, cached: 1 },
  warnings: 1,
  fault: { code: "BUILD_STEP_FAILED", message: "Dockerfile:2: no", file: "Dockerfile", line: 2, endLine: 2 },
  logBytes: 100,
  logTruncated: false,
  stepList: [
    {
      id: "0",
      name: "FROM base",
      duration: 0,
      cached: true,
      outputBytes: 0,
      critical: true,
      completedAt: STARTED,
    },
    {
      id: "1",
      name: "RUN <make>",
      line: 2,
      duration: 65_000,
      cached: false,
      error: "no",
      outputBytes: 6,
      critical: true,
    },
  ],
  warningList: [{ message: "odd", rule: "Odd", line: 1 }],
  criticalDuration: 65_000,
};
const EVENTS: readonly BuildEvent[] = [
  { type: "step", id: "1", name: "RUN <make>" },
  { type: "started", id: "1", time: 0 },
  { type: "output", id: "1", stream: "stdout", data: Buffer.from("a < b\n"), time: 100 },
  { type: "finished", id: "1", time: 200, cached: false, error: "no" },
];
const answers = {
  "buildHistory.list": [DETAILS],
  "buildHistory.get": DETAILS,
  "buildHistory.inspect": DETAILS,
  "buildHistory.remove": undefined,
  "buildHistory.removeAll": ["abc123"],
  "buildHistory.events": async function* () {
    yield* EVENTS;
  },
};
const run = (...argv: readonly string[]) => runCli(["builds", ...argv], { answers });

describe("slipway builds", () => {
  it("lists builds as buildx does, with filters", async () => {
    const { out, calls } = await run("ls", "--filter", "status=error");
    assert.match(
      out,
      /^BUILD ID +NAME +STATUS +CREATED AT +DURATION\nabc123 +app\/<b> +Error +.* ago +1m {2}5s\n$/,
    );
    assert.deepEqual(calls, [["buildHistory.list", { filters: ["status=error"] }]]);
  });

  it("lists in JSON, through a template, and IDs only", async () => {
    const { status, total_steps } = JSON.parse((await run("ls", "--format", "json")).out);
    assert.deepEqual([status, total_steps], ["Error", 2]);
    assert.equal((await run("ls", "--format", "{{.Ref}} {{.Status}}")).out, "abc123 Error\n");
    assert.equal((await run("ls", "-q")).out, "abc123\n");
  });

  it("shows the time of each step and the error's place", async () => {
    const { out } = await run("inspect");
    assert.match(out, /Duration: +1m {2}5s/);
    assert.match(out, /\* +1m {2}5s +error +2 +RUN <make>/);
    assert.match(out, / - Odd: odd \(line 1\)/);
    assert.match(out, /Error: Dockerfile:2: no/);
    const format = "{{.Status}} {{.Error.Line}} {{(index .Steps 1).Critical}} {{(index .BuildArgs 0).Name}}";
    assert.equal((await run("inspect", "--format", format)).out, "failed 2 true A\n");
  });

  it("prints the log as the build did", async () => {
    assert.equal((await run("logs", "abc")).out, "#1 RUN <make>\n#1 0.100 a < b\n#1 ERROR: no\n");
    const [first = ""] = (await run("logs", "--progress", "rawjson")).out.split("\n");
    assert.equal(JSON.parse(first).vertexes[0].name, "RUN <make>");
  });

  it("makes a page in which nothing becomes markup", async () => {
    const { out } = await run("open", "-o", "-");
    assert.match(out, /^<!doctype html>[\s\S]*<\/html>\n$/);
    assert.match(out, /#1 0\.100 a &#60; b/);
    assert.doesNotMatch(out, /<make>|<b>/);
  });

  it("removes builds by ID or all, and wants one of them", async () => {
    assert.equal((await run("rm", "abc")).out, "abc123\n");
    assert.equal((await run("rm", "--all")).out, "abc123\n");
    assert.equal((await run("rm")).code, 1);
    assert.match((await run("rm", "--all", "abc")).err, /conflicting options/);
  });
});
