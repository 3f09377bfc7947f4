import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import {
  closeSync,
  constants,
  existsSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { readFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { gunzipSync } from "node:zlib";
import { after, before, describe, it } from "mocha";
import { eventually } from "../../support/eventually.ts";
import { type LogLine, Shimmed } from "./shim-support.ts";
import { Bench, processOf, specOf } from "./support.ts";

const shell = (script: string) => specOf(processOf(["sh", "-c", script]));

/** What a line becomes between the quotes, as Docker's json-file driver writes it. */
const escapes: readonly (readonly [title: string, printf: string, json: string])[] = [
  ["quotes and backslashes", 'a"b\\\\c', 'a\\"b\\\\c'],
  ["control characters", "\\t\\001\\033[0m\\r", "\\u0009\\u0001\\u001b[0m\\r"],
  ["what HTML would take as markup", "<&>", "\\u003c\\u0026\\u003e"],
  ["UTF-8", "\\303\\251\\342\\202\\254\\360\\237\\230\\200", "é€😀"],
  ["line separators", "\\342\\200\\250\\342\\200\\251", "\\u2028\\u2029"],
  [
    "bytes that are no UTF-8",
    "a\\377\\300\\200\\355\\240\\200b",
    "a\\ufffd\\ufffd\\ufffd\\ufffd\\ufffd\\ufffdb",
  ],
  ["a sequence cut short", "\\342\\202", "\\ufffd\\ufffd"],
  ["DEL", "\\177", "\u007f"],
];

/** What is in a pipe now. */
function readAvailable(pipe: number, block: Buffer): string {
  try {
    return block.toString("utf8", 0, readSync(pipe, block));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EAGAIN") throw error;
    return "";
  }
}

describe("a shim's log", () => {
  let bench: Bench;
  before(function () {
    bench = Bench.open(this);
  });
  after(() => bench?.[Symbol.dispose]());

  const logged = async (script: string, io: Parameters<typeof Shimmed.launch>[2] = {}): Promise<Shimmed> => {
    const container = await Shimmed.launch(bench, shell(script), io);
    await container.run();
    return container;
  };

  it("is Docker's json-file", async () => {
    await using container = await logged("echo hello");
    const text = readFileSync(container.io.log?.path ?? "", "utf8");
    assert.match(
      text,
      /^\{"log":"hello\\n","stream":"stdout","time":"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{0,8}[1-9])?Z"\}\n$/,
    );
    assert.equal(statSync(container.io.log?.path ?? "").mode & 0o777, 0o640);
  });

  for (const [title, printf, json] of escapes) {
    it(`escapes ${title}`, async () => {
      writeFileSync(bench.scratch.join("lower", "line"), printf);
      await using container = await logged(`printf "$(cat /line)\\n" >&2`);
      const text = readFileSync(container.io.log?.path ?? "", "utf8");
      assert.equal(text.slice(0, text.indexOf(',"time"')), `{"log":"${json}\\n","stream":"stderr"`);
    });
  }

  const lengths: readonly (readonly [bytes: number, newline: boolean, expected: readonly number[]])[] = [
    [0, true, [1]],
    [16383, true, [16384]],
    [16384, true, [16384, 1]],
    [16385, true, [16384, 2]],
    [40000, true, [16384, 16384, 7233]],
    [5, false, [5]],
    [16384, false, [16384]],
    [20000, false, [16384, 3616]],
  ];
  for (const [bytes, newline, expected] of lengths) {
    it(`splits ${bytes} bytes ${newline ? "and a newline" : "without a newline"} into ${expected.join(" + ")}`, async () => {
      await using container = await logged(
        `head -c ${bytes} /dev/zero | tr '\\0' x${newline ? "; echo" : ""}`,
      );
      const lines = container.log();
      assert.deepEqual(
        lines.map(({ log }) => log.length),
        expected,
      );
      assert.equal(new Set(lines.map(({ time }) => time)).size, 1, "the pieces bear one time");
      assert.deepEqual(
        lines.map(({ log }) => log.endsWith("\n")),
        [
          ...expected
            .slice(1)
            .fill(1)
            .map(() => false),
          newline,
        ],
      );
    });
  }

  it("keeps a line's pieces together while the other stream talks", async () => {
    await using container = await logged(
      "printf a; echo x >&2; sleep 0.05; printf b; echo y >&2; sleep 0.05; echo c",
    );
    const of = (wanted: string) =>
      container
        .log()
        .filter(({ stream }) => stream === wanted)
        .map(({ log }) => log);
    assert.deepEqual([of("stdout"), of("stderr")], [["abc\n"], ["x\n", "y\n"]]);
  });

  it("turns over at its size and keeps so many files", async () => {
    const path = bench.scratch.join("rotated");
    await using container = await logged("seq 100", { io: { log: { path, maxBytes: 1000, maxFiles: 3 } } });
    assert.deepEqual(
      [existsSync(`${path}.1`), existsSync(`${path}.2`), existsSync(`${path}.3`)],
      [true, true, false],
    );
    const numbers = [".2", ".1", ""].flatMap((suffix) => container.log(suffix).map(({ log }) => Number(log)));
    assert.equal(numbers.at(-1), 100);
    assert.deepEqual(
      numbers,
      Array.from({ length: numbers.length }, (_, i) => 101 - numbers.length + i),
      "none is lost between files",
    );
    for (const suffix of [".2", ".1"]) assert.ok(Math.abs(statSync(path + suffix).size - 1000) < 100);
  });

  it("compresses the files it has done with, and loses nothing", async () => {
    const path = bench.scratch.join("compressed");
    const log = { path, maxBytes: 1000, maxFiles: 3, compressed: true };
    await using container = await logged("seq 200", { io: { log } });
    assert.deepEqual(
      readdirSync(bench.scratch.path)
        .filter((name) => name.startsWith("compressed"))
        .sort(),
      ["compressed", "compressed.1.gz", "compressed.2.gz"],
    );
    const older = [".2.gz", ".1.gz"].map((suffix) => gunzipSync(readFileSync(path + suffix)).toString());
    const lines = [...older, readFileSync(path, "utf8")].join("").trim().split("\n");
    const numbers = lines.map((line) => Number((JSON.parse(line) as { log: string }).log));
    assert.deepEqual(
      numbers,
      Array.from({ length: numbers.length }, (_, i) => 201 - numbers.length + i),
    );
    assert.equal(statSync(`${path}.1.gz`).mode & 0o777, 0o640);
    assert.equal(container.log().at(-1)?.log, "200\n");
  });

  it("loses what a slow disk leaves no room for rather than have the process wait", async () => {
    // A pipe that nobody reads yet is as slow as a disk can be.
    const path = bench.scratch.join("slow");
    execFileSync("mkfifo", [path]);
    const disk = openSync(path, constants.O_RDWR | constants.O_NONBLOCK);
    await using container = await Shimmed.launch(bench, shell("seq 100000; exec sleep 600"), {
      io: { log: { path, queueBytes: 100_000 } },
    });
    await container.go();
    const program = (): Promise<string> => readFile(`/proc/${container.pid}/cmdline`, "utf8");
    await eventually(program, (words) => words.startsWith("sleep"));
    let open = true;
    const ended = container.client.wait().finally(() => {
      open = false;
    });
    await container.client.signal(9);
    let text = "";
    for (const block = Buffer.alloc(1 << 16); open; await sleep(1)) text += readAvailable(disk, block);
    text += readAvailable(disk, Buffer.alloc(1 << 16));
    await ended;
    closeSync(disk);
    const lines = text.trimEnd().split("\n");
    const numbers = lines.map((line) => Number((JSON.parse(line) as LogLine).log));
    assert.ok(numbers.length > 1000 && numbers.length < 50_000, `${numbers.length} entries are kept`);
    assert.deepEqual(
      numbers.slice(0, 1000),
      Array.from({ length: 1000 }, (_, i) => i + 1),
    );
  });

  it("writes everything behind the process's back where there is room, over rotations", async () => {
    const path = bench.scratch.join("behind");
    const log = { path, maxBytes: 20_000, maxFiles: 9, compressed: true, queueBytes: 1 << 20 };
    await using _container = await logged("seq 1000", { io: { log } });
    const names = readdirSync(bench.scratch.path).filter((name) => name.startsWith("behind"));
    const order = names.toSorted((a, b) => b.localeCompare(a));
    const texts = order.map((name) => {
      const content = readFileSync(bench.scratch.join(name));
      return (name.endsWith(".gz") ? gunzipSync(content) : content).toString();
    });
    const lines = texts.join("").trimEnd().split("\n");
    assert.deepEqual(
      lines.map((line) => (JSON.parse(line) as LogLine).log),
      Array.from({ length: 1000 }, (_, i) => `${i + 1}\n`),
    );
    assert.ok(names.length > 2, names.join(" "));
  });

  it("starts over in place when one file is all it may have", async () => {
    const path = bench.scratch.join("single");
    await using container = await logged("seq 100", { io: { log: { path, maxBytes: 1000, maxFiles: 1 } } });
    assert.equal(existsSync(`${path}.1`), false);
    assert.equal(container.log().at(-1)?.log, "100\n");
    assert.ok(statSync(path).size < 1100);
  });

  it("continues the file of an earlier run", async () => {
    const path = bench.scratch.join("again");
    for (const word of ["one", "two"])
      await (await logged(`echo ${word}`, { io: { log: { path } } }))[Symbol.asyncDispose]();
    assert.equal(readFileSync(path, "utf8").split("\n").length, 3);
  });
});
