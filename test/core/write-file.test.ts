import assert from "node:assert/strict";
import { readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { Readable } from "node:stream";
import { describe, it } from "mocha";
import { streamOf } from "../../core/streams.ts";
import { writeFileFrom } from "../../core/write-file.ts";
import { Scratch } from "../support/scratch.ts";

describe("core/write-file", () => {
  let scratch: Scratch;
  let path: string;
  beforeEach(() => {
    scratch = new Scratch();
    path = scratch.join("file");
  });
  afterEach(() => scratch[Symbol.dispose]());

  const failing = (): Readable =>
    new Readable({
      read(): void {
        this.destroy(new Error("cut off"));
      },
    });

  it("writes all of it with the mode it is given", async () => {
    await writeFileFrom(path, streamOf(Buffer.from("content")), { mode: 0o600 });
    assert.equal(readFileSync(path, "utf8"), "content");
    assert.equal(statSync(path).mode & 0o777, 0o600);
  });

  it("makes an empty file of no content", async () => {
    await writeFileFrom(path, Readable.from([]));
    assert.equal(readFileSync(path, "utf8"), "");
  });

  it("makes no file after it has told of content that failed at once", async () => {
    for (let round = 0; round < 20; round++) {
      await assert.rejects(writeFileFrom(path, failing()), /cut off/);
      rmSync(path, { force: true });
      await new Promise((resolve) => setTimeout(resolve, 5));
      assert.deepEqual(readdirSync(scratch.path), []);
    }
  });

  it("ends content that it has no file for", async () => {
    const content = new Readable({ read: () => undefined });
    await assert.rejects(writeFileFrom(scratch.join("absent/file"), content), { code: "ENOENT" });
    assert.equal(content.destroyed, true);
  });

  it("gives up with its signal", async () => {
    const signal = AbortSignal.timeout(20);
    await assert.rejects(writeFileFrom(path, new Readable({ read: () => undefined }), { signal }), {
      name: "AbortError",
    });
  });
});
