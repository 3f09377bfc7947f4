import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { basename } from "node:path";
import { temporaryPath } from "../../store/content/temporary.ts";
import { thisOwner } from "../../store/owner.ts";
import { Paths } from "../../store/paths.ts";
import { removeAbandoned } from "../../store/sweep.ts";
import { recordingKernel } from "../support/recording-kernel.ts";
import { Scratch } from "../support/scratch.ts";

describe("store/sweep", () => {
  it("removes the temporary files of processes that are gone, and no others", async () => {
    using scratch = new Scratch();
    const paths = new Paths(scratch.path);
    mkdirSync(paths.ingest);
    const own = temporaryPath(paths);
    const [boot, pid] = thisOwner().split("-");
    // A process that had this pid before us, one of an earlier boot, and what names no process.
    const gone = [`${boot}-${pid}-1.1`, `000000000000-${pid}-77.3`, "leftover"];
    for (const name of [basename(own), ...gone]) writeFileSync(`${paths.ingest}/${name}`, "");
    const { kernel, calls } = recordingKernel({ removeTree: async () => undefined });
    await removeAbandoned(paths, kernel);
    assert.deepEqual(
      calls.map(({ name, args: [path] }) => [name, basename(String(path))]),
      [...gone].sort().map((name) => ["removeTree", name]),
    );
  });

  it("passes a failed removal on", async () => {
    using scratch = new Scratch();
    const paths = new Paths(scratch.path);
    mkdirSync(paths.ingest);
    writeFileSync(`${paths.ingest}/leftover`, "");
    await assert.rejects(removeAbandoned(paths, recordingKernel().kernel), {
      message: "the test has no answer for kernel.removeTree",
    });
  });
});
