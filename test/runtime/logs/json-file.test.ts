import assert from "node:assert/strict";
import { appendFileSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { gzipSync } from "node:zlib";
import { deferred } from "../../../core/deferred.ts";
import { createJsonFileReader, parseEntry } from "../../../runtime/logs/json-file.ts";
import type { LogQuery } from "../../../runtime/logs/log-reader.ts";
import { eventually } from "../../support/eventually.ts";
import { Scratch } from "../../support/scratch.ts";

const ALL: LogQuery = { stdout: true, stderr: true, follow: false };
const at = (second: number) => new Date(Date.UTC(2026, 0, 1, 0, 0, second));
const entry = (number: number, stream = "stdout") =>
  `${JSON.stringify({ log: `line ${number}\n`, stream, time: at(number).toISOString() })}\n`;
const entries = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, i) =>
    entry(from + i, (from + i) % 2 === 0 ? "stderr" : "stdout"),
  ).join("");

describe("runtime/logs/json-file", () => {
  let scratch: Scratch;
  let path: string;

  beforeEach(() => {
    scratch = new Scratch();
    path = scratch.join("x-json.log");
  });
  afterEach(() => scratch[Symbol.dispose]());

  /** Adds to `found` what comes, as it comes. */
  async function numbers(
    query: Partial<LogQuery>,
    ended: Promise<unknown> = Promise.resolve(),
    found: number[] = [],
  ) {
    for await (const { line } of createJsonFileReader(path).read({ ...ALL, ...query }, { ended }))
      found.push(Number(/line (\d+)\n/.exec(Buffer.from(line).toString())?.[1]));
    return found;
  }
  const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => from + i);

  it("parses an entry and refuses what is none", () => {
    assert.deepEqual(parseEntry(Buffer.from('{"log":"ü\\n","stream":"stderr","time":"t"}')), {
      stream: "stderr",
      time: "t",
      line: Buffer.from("ü\n"),
    });
    for (const text of ["", "{", '{"log":1}', '{"log":"a","stream":"x","time":"t"}'])
      assert.equal(parseEntry(Buffer.from(text)), undefined);
  });

  it("reads all files, oldest first, and skips damaged lines", async () => {
    writeFileSync(`${path}.2`, entries(1, 2));
    writeFileSync(`${path}.1`, `${entries(3, 4)}not json\n`);
    writeFileSync(path, `${entries(5, 6)}{"log":"half`);
    assert.deepEqual(await numbers({}), range(1, 6));
  });
  it("reads compressed files, and what is whole of a damaged one", async () => {
    const damaged = gzipSync(entries(1, 4000));
    writeFileSync(`${path}.3.gz`, damaged.subarray(0, damaged.byteLength - 2000));
    writeFileSync(`${path}.2.gz`, gzipSync(entries(4001, 4002)));
    writeFileSync(`${path}.1`, entries(4003, 4004));
    writeFileSync(path, entries(4005, 4006));
    const found = await numbers({});
    assert.deepEqual(found.slice(-6), range(4001, 4006));
    assert.deepEqual(found.slice(0, 1000), range(1, 1000));
    assert.deepEqual(await numbers({ tail: 5 }), range(4002, 4006));
    assert.deepEqual(
      readdirSync(scratch.path).sort(),
      ["", ".1", ".2.gz", ".3.gz"].map((end) => `x-json.log${end}`),
    );
  });
  it("reads a file once that is there in both forms", async () => {
    writeFileSync(`${path}.2.gz`, gzipSync(entries(1, 2)));
    writeFileSync(`${path}.1`, entries(1, 2));
    writeFileSync(path, entries(3, 4));
    assert.deepEqual(await numbers({}), range(1, 4));
  });
  it("reads the older files while a name between is nobody's, as within a rotation", async () => {
    writeFileSync(`${path}.3.gz`, gzipSync(entries(1, 2)));
    writeFileSync(`${path}.1`, entries(3, 4));
    assert.deepEqual(await numbers({}), range(1, 4));
  });
  it("tells when it has the files, which may then be removed", async () => {
    writeFileSync(`${path}.1`, entries(1, 2));
    writeFileSync(path, entries(3, 4));
    const opened = () => {
      for (const name of readdirSync(scratch.path)) rmSync(scratch.join(name));
    };
    const options = { ended: Promise.resolve(), opened };
    const found: string[] = [];
    for await (const { line } of createJsonFileReader(path).read({ ...ALL, follow: true }, options))
      found.push(Buffer.from(line).toString());
    assert.deepEqual(found, ["line 1\n", "line 2\n", "line 3\n", "line 4\n"]);
  });
  it("follows through several rotations at once, with compression", async () => {
    writeFileSync(path, entries(1, 2));
    let end: () => void = () => undefined;
    const ended = new Promise<void>((resolve) => {
      end = resolve;
    });
    const found: number[] = [];
    const reading = (async () => {
      const reader = createJsonFileReader(path);
      for await (const { line } of reader.read({ ...ALL, follow: true }, { ended })) {
        found.push(Number(/line (\d+)\n/.exec(Buffer.from(line).toString())?.[1]));
        if (found.length !== 2) continue;
        // While it deals with the second entry three files come and go.
        writeFileSync(`${path}.3.gz`, gzipSync(entries(1, 3)));
        writeFileSync(`${path}.2.gz`, gzipSync(entries(4, 5)));
        writeFileSync(`${path}.1`, entries(6, 7));
        appendFileSync(path, entries(3, 3));
        writeFileSync(`${path}.new`, entries(8, 9));
        renameSync(`${path}.new`, path);
        end();
      }
    })();
    await reading;
    assert.deepEqual(found, range(1, 9));
  });
  it("is empty where nothing was written", async () => assert.deepEqual(await numbers({}), []));

  for (const [tail, want] of [
    [0, []],
    [1, [6]],
    [2, [5, 6]],
    [3, [4, 5, 6]],
    [6, range(1, 6)],
    [99, range(1, 6)],
  ] as const) {
    it(`takes the last ${tail} over several files`, async () => {
      writeFileSync(`${path}.1`, entries(1, 4));
      writeFileSync(path, entries(5, 6));
      assert.deepEqual(await numbers({ tail }), want);
    });
  }
  it("finds the tail of a file of many blocks", async () => {
    writeFileSync(path, entries(1, 20_000));
    assert.deepEqual(await numbers({ tail: 3000 }), range(17_001, 20_000));
  });
  it("selects streams and times", async () => {
    writeFileSync(path, entries(1, 9));
    assert.deepEqual(await numbers({ stderr: false }), [1, 3, 5, 7, 9]);
    assert.deepEqual(await numbers({ stdout: false, tail: 4 }), [6, 8]);
    assert.deepEqual(await numbers({ since: at(3), until: at(5) }), [3, 4, 5]);
  });

  it("follows what is appended, through a rotation, until the end", async () => {
    writeFileSync(path, entries(1, 3));
    const ended = deferred();
    const found: number[] = [];
    const reading = numbers({ follow: true, tail: 1 }, ended.promise, found);
    await eventually(() => found.includes(3));
    appendFileSync(path, entries(4, 5));
    await eventually(() => found.includes(5));
    appendFileSync(path, entries(6, 6));
    renameSync(path, `${path}.1`);
    writeFileSync(path, entries(7, 8));
    await eventually(() => found.includes(8));
    appendFileSync(path, entries(9, 9));
    ended.resolve();
    assert.deepEqual(await reading, range(3, 9));
  });
  it("follows a log that does not exist yet, and ends at once when the container has ended", async () => {
    const ended = deferred();
    const found: number[] = [];
    const reading = numbers({ follow: true }, ended.promise, found);
    await sleep(20);
    writeFileSync(path, entries(1, 2));
    await eventually(() => found.length === 2);
    ended.resolve();
    assert.deepEqual(await reading, [1, 2]);
    assert.deepEqual(await numbers({ follow: true }), [1, 2]);
  });
  it("stops when it is aborted", async () => {
    writeFileSync(path, entries(1, 1));
    const reader = createJsonFileReader(path);
    const signal = AbortSignal.timeout(30);
    const reading = async () => {
      for await (const _ of reader.read(
        { ...ALL, follow: true },
        { ended: new Promise(() => undefined), signal },
      ));
    };
    await assert.rejects(reading(), { name: "TimeoutError" });
  });
});
