import assert from "node:assert/strict";
import { describe, it } from "mocha";
import { PlainProgress } from "../../../cli/progress/plain.ts";
import { createProgress, type ProgressMode } from "../../../cli/progress/progress.ts";
import { TtyProgress } from "../../../cli/progress/tty.ts";
import { Screen } from "./screen.ts";

const step = { type: "step", id: "a", name: "[1/1] RUN noise" } as const;
const started = { type: "started", id: "a", time: 0 } as const;
const finished = { type: "finished", id: "a", time: 1000, cached: false } as const;

const CHOICES: readonly (readonly [
  mode: ProgressMode,
  tty: boolean,
  env: Record<string, string>,
  name: string,
])[] = [
  ["auto", false, {}, "PlainProgress"],
  ["auto", true, {}, "TtyProgress"],
  ["auto", true, { TERM: "dumb" }, "PlainProgress"],
  ["auto", true, { BUILDKIT_PROGRESS: "plain" }, "PlainProgress"],
  ["auto", true, { BUILDKIT_PROGRESS: "nonsense" }, "TtyProgress"],
  ["plain", true, {}, "PlainProgress"],
  ["tty", false, {}, "TtyProgress"],
  ["rawjson", true, {}, "RawJsonProgress"],
  ["quiet", true, {}, "Object"],
];

describe("the choice of a renderer", () => {
  for (const [mode, isTTY, env, expected] of CHOICES) {
    it(`${mode} ${isTTY ? "on a terminal" : "in a pipe"} with ${JSON.stringify(env)} is ${expected}`, async () => {
      const progress = await createProgress(mode, { isTTY, write: () => true }, { env });
      progress.close();
      assert.equal(progress.constructor.name, expected);
    });
  }
});

describe("the plain renderer", () => {
  it("writes every line of a log of 100 MB, and quickly", () => {
    let bytes = 0;
    let lines = 0;
    const progress = new PlainProgress({
      write: (text) => {
        bytes += text.length;
        for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) lines += 1;
      },
    });
    const data = Buffer.from(`${"x".repeat(99)}\n`.repeat(640));
    const chunks = Math.ceil((100 << 20) / data.length);
    const start = performance.now();
    for (const event of [step, started]) progress.report(event);
    for (let i = 0; i < chunks; i += 1)
      progress.report({ type: "output", id: "a", stream: "stdout", data, time: 5 });
    for (const event of [finished]) progress.report(event);
    progress.close();
    assert.equal(lines, chunks * 640 + 2);
    assert.ok(bytes > 100 << 20);
    assert.ok(performance.now() - start < 10_000);
  });

  it("keeps characters whole that a chunk divides", () => {
    const text: string[] = [];
    const progress = new PlainProgress({ write: (part) => text.push(part) });
    const data = Buffer.from("grün\n");
    for (const event of [step, started]) progress.report(event);
    for (const part of [data.subarray(0, 3), data.subarray(3)])
      progress.report({ type: "output", id: "a", stream: "stdout", data: part, time: 5 });
    progress.close();
    assert.match(text.join(""), /#1 0\.005 grün\n$/);
  });
});

describe("the live view", () => {
  it("writes no colours with NO_COLOR", async () => {
    const written: string[] = [];
    const stream = { isTTY: true, columns: 80, rows: 24, write: (text: string) => written.push(text) };
    const progress = await createProgress("tty", stream, { env: { NO_COLOR: "1" }, now: () => 0 });
    for (const event of [step, started, finished]) progress.report(event);
    progress.close();
    assert.doesNotMatch(written.join(""), /\p{Cc}\[\d+m/u);
  });

  it("follows the size of the terminal from frame to frame", () => {
    const screen = new Screen(200, 50);
    const progress = new TtyProgress(screen, { color: true, now: () => 0 });
    progress.report({ ...step, name: `[1/1] RUN ${"wide ".repeat(50)}` });
    progress.report(started);
    progress.draw();
    assert.ok(screen.text.split("\n").some((line) => line.length > 150));
    Object.assign(screen, { columns: 40, rows: 4 });
    progress.draw();
    assert.ok(screen.text.split("\n").every((line) => line.length <= 40));
    progress.close();
  });

  it("gives the terminal back once, however often it is closed", () => {
    const written: string[] = [];
    const listeners = process.listenerCount("exit");
    const progress = new TtyProgress({ write: (text) => written.push(text) }, { color: true, now: () => 0 });
    progress.close();
    progress.close();
    assert.equal(written.filter((text) => text.includes("?25h")).length, 1);
    assert.equal(process.listenerCount("exit"), listeners);
  });
});
