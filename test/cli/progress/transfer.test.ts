import assert from "node:assert/strict";
import { describe, it } from "mocha";
import { transferProgress } from "../../../cli/progress/transfer.ts";
import type { TransferEvent } from "../../../engine/api.ts";
import { Screen } from "./screen.ts";

const EVENTS: readonly TransferEvent[] = [
  { id: "latest", status: "Pulling from library/thing" },
  { id: "aaa", status: "Pulling fs layer" },
  { id: "bbb", status: "Already exists" },
  { id: "ccc", status: "Pulling fs layer" },
  { id: "aaa", status: "Downloading", current: 500_000, total: 2_000_000 },
  { id: "ccc", status: "Downloading", current: 1, total: 0 },
  { id: "aaa", status: "Pull complete" },
  { status: "Digest: sha256:\u001b[2Jabc" },
];

describe("the progress of transfers", () => {
  it("is one line per layer on a terminal, changed in place", () => {
    const screen = new Screen(60, 20);
    const progress = transferProgress(screen);
    for (const event of EVENTS.slice(0, 6)) progress.report(event);
    assert.equal(
      screen.text,
      [
        "latest: Pulling from library/thing",
        "aaa: Downloading    500kB/2MB",
        "bbb: Already exists",
        "ccc: Downloading       1B",
        "",
      ].join("\n"),
    );
    for (const event of EVENTS.slice(6)) progress.report(event);
    assert.equal(
      screen.text,
      [
        "latest: Pulling from library/thing",
        "aaa: Pull complete",
        "bbb: Already exists",
        "ccc: Downloading       1B",
        "Digest: sha256:abc",
        "",
      ].join("\n"),
    );
  });

  it("has a bar where there is room", () => {
    const screen = new Screen(120, 20);
    transferProgress(screen).report({ id: "aaa", status: "Pushing", current: 1_000_000, total: 2_000_000 });
    assert.equal(screen.text, `aaa: Pushing [${"=".repeat(25)}>${" ".repeat(25)}]      1MB/2MB\n`);
  });

  it("is a line per change of state elsewhere, and nothing when quiet", () => {
    const lines: string[] = [];
    const stream = { write: (text: string) => lines.push(text) };
    const progress = transferProgress(stream);
    const silent = transferProgress(stream, true);
    for (const event of EVENTS) {
      progress.report(event);
      silent.report(event);
    }
    assert.deepEqual(lines, [
      "latest: Pulling from library/thing\n",
      "aaa: Pulling fs layer\n",
      "bbb: Already exists\n",
      "ccc: Pulling fs layer\n",
      "aaa: Pull complete\n",
      "Digest: sha256:abc\n",
    ]);
  });
});
