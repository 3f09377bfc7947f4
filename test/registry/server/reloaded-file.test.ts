import assert from "node:assert/strict";
import { renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { describe, it } from "mocha";
import { ReloadedFile } from "../../../registry/server/access/reloaded-file.ts";
import { Scratch } from "../../support/scratch.ts";

function open(scratch: Scratch) {
  const clock = { now: 0 };
  const reports: string[] = [];
  const parse = (text: string): number => {
    if (!/^\d+$/.test(text)) throw new Error("expected a number");
    return Number(text);
  };
  const path = scratch.join("file");
  const file = new ReloadedFile({ path, parse, report: (line) => reports.push(line), now: () => clock.now });
  const later = (): number | undefined => {
    clock.now += 1_000;
    return file.current;
  };
  return { file, path, reports, later };
}

describe("a file that is read again when it has changed", () => {
  it("is looked at once a second, however it is replaced", () => {
    using scratch = new Scratch();
    writeFileSync(scratch.join("file"), "1");
    const { file, path, later } = open(scratch);
    assert.equal(file.current, 1);
    writeFileSync(path, "2");
    assert.deepEqual([file.current, later()], [1, 2]);
    writeFileSync(scratch.join("other"), "3");
    renameSync(scratch.join("other"), path);
    assert.equal(later(), 3);
  });

  it("may come into being later", () => {
    using scratch = new Scratch();
    const { file, path, reports, later } = open(scratch);
    assert.deepEqual([file.current, later()], [undefined, undefined]);
    writeFileSync(path, "1");
    assert.deepEqual([later(), reports], [1, []]);
  });

  for (const [title, spoil, report] of [
    ["is gone", (path: string) => rmSync(path), /file is gone; what was there before stays in force$/],
    ["is no good", (path: string) => writeFileSync(path, "x"), /^expected a number; what was there before/],
    [
      "cannot be followed",
      (path: string) => {
        rmSync(path);
        symlinkSync("file", path);
      },
      /ELOOP.*; what was there before stays in force$/,
    ],
  ] as const)
    it(`stays in force when it ${title}, and is reported once`, () => {
      using scratch = new Scratch();
      writeFileSync(scratch.join("file"), "1");
      const { path, reports, later } = open(scratch);
      spoil(path);
      assert.deepEqual([later(), later(), later()], [1, 1, 1]);
      assert.equal(reports.length, 1);
      assert.match(reports.join(), report);
      rmSync(path, { force: true });
      writeFileSync(path, "4");
      assert.equal(later(), 4);
    });

  it("is refused at the beginning when it is no good", () => {
    using scratch = new Scratch();
    writeFileSync(scratch.join("file"), "x");
    assert.throws(() => open(scratch), /expected a number/);
  });
});
