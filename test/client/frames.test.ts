import assert from "node:assert/strict";
import { describe, it } from "mocha";
import { demultiplex } from "../../client/http/frames.ts";
import { isCode } from "../../core/errors.ts";
import { frame } from "../../daemon/wire/frames.ts";

async function read(...chunks: readonly Uint8Array[]): Promise<readonly string[]> {
  const found: string[] = [];
  for await (const { stream, data } of demultiplex(
    (async function* () {
      yield* chunks;
    })(),
  ))
    found.push(`${stream} ${Buffer.from(data).toString()}`);
  return found;
}

describe("multiplexed output", () => {
  const bytes = Buffer.concat([frame("stdout", Buffer.from("one")), frame("stderr", Buffer.from("two"))]);

  it("is what was sent, however it is cut", async () => {
    for (let size = 1; size <= bytes.byteLength; size += 1) {
      const chunks = Array.from({ length: Math.ceil(bytes.byteLength / size) }, (_, index) =>
        bytes.subarray(index * size, (index + 1) * size),
      );
      assert.deepEqual(await read(...chunks), ["stdout one", "stderr two"]);
    }
  });

  it("that ends in a piece is broken", () =>
    assert.rejects(read(bytes.subarray(0, 5)), (error) => isCode(error, "DAEMON_ANSWER_INVALID")));

  it("of no known stream is broken", () =>
    assert.rejects(read(Buffer.from([9, 0, 0, 0, 0, 0, 0, 1, 65])), (error) =>
      isCode(error, "DAEMON_ANSWER_INVALID"),
    ));

  it("of an absurd length is not waited for", () =>
    assert.rejects(read(Buffer.from([1, 0, 0, 0, 255, 0, 0, 0])), (error) =>
      isCode(error, "DAEMON_ANSWER_INVALID"),
    ));

  it("of the daemon itself is its failure", () =>
    assert.rejects(read(frame("systemerr", Buffer.from("gone"))), (error) => isCode(error, "DAEMON_FAILED")));
});
