import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { closeSync, openSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { gunzipSync, gzipSync } from "node:zlib";
import { digestOf } from "../../core/digest.ts";
import { isCode } from "../../core/errors.ts";
import { loadKernel } from "../../native/binding.ts";
import type { Inflated } from "../../native/kernel.ts";
import { requiresCommand } from "../support/requires.ts";
import { Scratch } from "../support/scratch.ts";
import { PYTHON, requiresKernel, shell, withOpen } from "./support.ts";

const sha256 = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

/** Text that compresses, with a part that does not; larger than every buffer on the way. */
function sample(): Buffer {
  const lines = Array.from({ length: 60_000 }, (_, i) => `line ${i} of ${(i * i) % 977}\n`).join("");
  const noise = Array.from({ length: 10_000 }, (_, i) => createHash("sha256").update(`${i}`).digest());
  return Buffer.concat([Buffer.from(lines), ...noise, Buffer.from(lines)]);
}

describe("native/compression", () => {
  let scratch: Scratch;
  const plain = sample();

  before(function () {
    requiresKernel(this);
    scratch = new Scratch();
    writeFileSync(scratch.join("plain"), plain);
  });
  after(() => scratch?.[Symbol.dispose]());

  async function inflate(content: Uint8Array, options?: { readonly maxBytes?: number }): Promise<Inflated> {
    writeFileSync(scratch.join("in"), content);
    return withOpen(scratch.join("in"), "r", (from) =>
      withOpen(scratch.join("out"), "w", (to) => loadKernel().inflate(from, to, options)),
    );
  }

  describe("inflates", () => {
    const commands = {
      gzip: [
        "gzip -6c plain",
        "gzip -1c plain",
        "(head -c 1000 plain | gzip; tail -c +1001 plain | gzip -n)",
      ],
      zstd: [
        "zstd -qc plain",
        "(head -c 1000 plain | zstd -qc; tail -c +1001 plain | zstd -q -3 --long)",
        // The seekable format has its table in a skippable frame at the end; others put theirs first.
        "(zstd -qc plain; printf '\\136\\052\\115\\030\\004\\000\\000\\000abcd')",
        "(printf '\\120\\052\\115\\030\\002\\000\\000\\000ab'; zstd -qc plain)",
      ],
      xz: ["xz -0c plain", "(head -c 1000 plain | xz -c; tail -c +1001 plain | xz -0c)"],
      bzip2: ["bzip2 -c plain", "(head -c 1000 plain | bzip2; tail -c +1001 plain | bzip2)"],
      none: ["cat plain"],
    } as const;
    for (const [compression, lines] of Object.entries(commands)) {
      for (const line of lines) {
        it(`${compression}, of ${line}, and notices when that is cut`, async function () {
          if (compression !== "none") requiresCommand(this, compression);
          shell(scratch.path, `${line} > compressed`);
          const compressed = readFileSync(scratch.join("compressed"));
          assert.deepEqual(await inflate(compressed), {
            compression,
            input: { sha256: Buffer.from(sha256(compressed), "hex"), size: compressed.length },
            output: { sha256: Buffer.from(sha256(plain), "hex"), size: plain.length },
          });
          assert.ok(readFileSync(scratch.join("out")).equals(plain));
          for (const length of [compressed.length - 1, compressed.length >> 1, 12]) {
            if (compression === "none") return;
            await assert.rejects(
              inflate(compressed.subarray(0, length)),
              (error) => isCode(error, "ARCHIVE_INVALID") && error.message.includes("ends before its end"),
              `${length} bytes`,
            );
          }
        });
      }
    }

    it("from a pipe that gives a byte at a time", async function () {
      this.timeout(20_000);
      const small = gzipSync("to be read slowly");
      writeFileSync(scratch.join("slow"), Buffer.concat([small, small]));
      const script =
        "import os, time\nfor b in open('slow', 'rb').read(): os.write(1, bytes([b])); time.sleep(0.001)";
      const [read, write] = loadKernel().pipe();
      const writer = spawn(PYTHON, ["-I", "-S", "-c", script], {
        cwd: scratch.path,
        stdio: ["ignore", write, "inherit"],
      });
      closeSync(write);
      const inflated = await withOpen(scratch.join("out"), "w", (to) =>
        withOpen(scratch.join("kept"), "w", (keep) => loadKernel().inflate(read, to, { keep })),
      );
      closeSync(read);
      assert.equal(inflated.compression, "gzip");
      assert.deepEqual(readFileSync(scratch.join("kept")), readFileSync(scratch.join("slow")));
      assert.equal(
        inflated.input.sha256.toString("hex"),
        digestOf(readFileSync(scratch.join("slow"))).slice(7),
      );
      assert.equal(readFileSync(scratch.join("out"), "utf8"), "to be read slowly".repeat(2));
      assert.equal(writer.exitCode ?? 0, 0);
    });

    it("a file from its start, wherever its position is", async () => {
      writeFileSync(scratch.join("in"), "plain text");
      const from = openSync(scratch.join("in"), "a+");
      const result = await withOpen(scratch.join("out"), "w", (to) => loadKernel().inflate(from, to));
      closeSync(from);
      assert.equal(result.output.size, 10);
    });

    it("gzip filled up with zeros, but not with anything else", async () => {
      const zipped = gzipSync("content");
      assert.equal((await inflate(Buffer.concat([zipped, Buffer.alloc(1000)]))).output.size, 7);
      await assert.rejects(inflate(Buffer.concat([zipped, Buffer.from("garbage")])), {
        code: "ARCHIVE_INVALID",
      });
    });

    it("an empty file as nothing", async () => {
      assert.equal((await inflate(Buffer.alloc(0))).compression, "none");
      assert.equal((await inflate(gzipSync(""))).output.size, 0);
    });

    for (const [name, at] of [
      ["checksum", -6],
      ["length", -1],
      ["content", 40],
    ] as const) {
      it(`gzip with a wrong ${name} not at all`, async () => {
        const zipped = gzipSync(plain.subarray(0, 5000));
        const index = (at + zipped.length) % zipped.length;
        zipped[index] = (zipped[index] ?? 0) ^ 0x55;
        await assert.rejects(inflate(zipped), (error) => isCode(error, "ARCHIVE_INVALID"));
      });
    }

    it("up to a limit", async () => {
      const bomb = gzipSync(Buffer.alloc(50_000_000));
      await assert.rejects(inflate(bomb, { maxBytes: 1_000_000 }), {
        message: "invalid archive: more than the limit of 1000000 bytes come out",
      });
      assert.equal((await inflate(bomb, { maxBytes: 50_000_000 })).output.size, 50_000_000);
    });
  });

  describe("deflates", () => {
    type Deflate = (
      from: number,
      to: number,
      format: string,
      level: number,
      threads: number,
    ) => Promise<Inflated>;
    const addon = (): { readonly deflate: Deflate } =>
      createRequire(import.meta.url)("../../build/Release/kernel.node");

    for (const format of ["gzip", "zstd"])
      it(`to the same ${format} for any number of threads`, async () => {
        const digests: string[] = [];
        for (const threads of [1, 2, 3, 8]) {
          await withOpen(scratch.join("plain"), "r", (from) =>
            withOpen(scratch.join("z"), "w", async (to) => {
              const { input, output, compression } = await addon().deflate(from, to, format, 1, threads);
              assert.equal(compression, format);
              assert.equal(input.sha256.toString("hex"), sha256(plain));
              const written = readFileSync(scratch.join("z"));
              assert.deepEqual(
                [output.sha256.toString("hex"), output.size],
                [sha256(written), written.length],
              );
              digests.push(sha256(written));
            }),
          );
        }
        assert.equal(new Set(digests).size, 1);
      });

    for (const level of [0, 1, 2, 3]) {
      for (const size of [0, 1, 2 ** 20 - 1, 2 ** 20, 2 ** 20 + 1, plain.length]) {
        it(`${size} bytes at level ${level}, which zlib reads back`, async () => {
          const content = plain.subarray(plain.length - size);
          writeFileSync(scratch.join("part"), content);
          await withOpen(scratch.join("part"), "r", (from) =>
            withOpen(scratch.join("z"), "w", (to) =>
              loadKernel().deflate(from, to, { format: "gzip", level }),
            ),
          );
          assert.ok(gunzipSync(readFileSync(scratch.join("z"))).equals(content));
        });
      }
    }

    describe("what looks random to gzip", () => {
      const noise = Buffer.concat(
        Array.from({ length: 3 << 15 }, (_, i) => createHash("sha256").update(`${i}`).digest()),
      );
      const text = Buffer.alloc(300_000, "text compresses well\n");
      const bytes = Buffer.from(Array.from({ length: 256 }, (_, i) => i));
      const cases = [
        { name: "by storing it", content: noise, least: 1, most: 1.0002 },
        {
          name: "by storing it between what compresses",
          content: Buffer.concat([text, noise, text]),
          least: noise.length / (noise.length + 2 * text.length),
          most: 0.85,
        },
        {
          name: "but not what only has all bytes equally often",
          content: Buffer.alloc(3 << 20, bytes),
          least: 0,
          most: 0.02,
        },
        {
          name: "but not digits of random numbers",
          content: Buffer.from(noise.toString("hex")),
          least: 0.5,
          most: 0.6,
        },
      ];
      for (const { name, content, least, most } of cases)
        it(`${name}, which zlib reads back`, async () => {
          writeFileSync(scratch.join("part"), content);
          const { output } = await withOpen(scratch.join("part"), "r", (from) =>
            withOpen(scratch.join("z"), "w", (to) =>
              loadKernel().deflate(from, to, { format: "gzip", level: 1 }),
            ),
          );
          assert.ok(gunzipSync(readFileSync(scratch.join("z"))).equals(content));
          const ratio = output.size / content.length;
          assert.ok(ratio >= least && ratio <= most, `${ratio} of its size`);
        });
    });

    for (const level of [1, 3, 12]) {
      for (const size of [0, 1, 2 ** 21 - 1, 2 ** 21, 2 ** 21 + 1]) {
        it(`${size} bytes at level ${level} to zstd, which its own command reads back`, async function () {
          requiresCommand(this, "zstd");
          const content = Buffer.concat([plain, plain]).subarray(0, size);
          writeFileSync(scratch.join("part"), content);
          await withOpen(scratch.join("part"), "r", (from) =>
            withOpen(scratch.join("z"), "w", (to) =>
              loadKernel().deflate(from, to, { format: "zstd", level }),
            ),
          );
          const back = execFileSync("zstd", ["-dc", scratch.join("z")], { maxBuffer: 1 << 28 });
          assert.ok(back.equals(content));
          const again = await inflate(readFileSync(scratch.join("z")));
          assert.deepEqual([again.compression, again.output.size], ["zstd", size]);
        });
      }
    }

    for (const [format, level] of [
      ["gzip", 9],
      ["zstd", 0],
      ["zstd", 20],
    ] as const)
      it(`to ${format} at no level ${level}, which it does not have`, async () => {
        await withOpen(scratch.join("plain"), "r", async (from) => {
          const deflate = async (): Promise<unknown> => loadKernel().deflate(from, from, { format, level });
          await assert.rejects(deflate(), /deflate: EINVAL/);
        });
      });

    it("and fails when the disk is full", async () => {
      await withOpen(scratch.join("plain"), "r", (from) =>
        withOpen("/dev/full", "w", async (to) => {
          await assert.rejects(loadKernel().deflate(from, to, { format: "gzip", level: 1 }), /write: ENOSPC/);
          await assert.rejects(loadKernel().inflate(from, to), /write: ENOSPC/);
        }),
      );
    });
  });
});
