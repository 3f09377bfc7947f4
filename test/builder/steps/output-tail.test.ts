import assert from "node:assert/strict";
import { OutputTail } from "../../../builder/steps/output-tail.ts";

const tailOf = (...chunks: readonly string[]): OutputTail => {
  const tail = new OutputTail();
  for (const chunk of chunks) tail.push(Buffer.from(chunk));
  return tail;
};

describe("the tail of a step's output", () => {
  const cases: Readonly<Record<string, readonly [chunks: readonly string[], last: readonly string[]]>> = {
    "nothing at all": [[], []],
    "lines across chunks": [
      ["a\nb", "c\n"],
      ["a", "bc"],
    ],
    "a last line without an end": [["a\nb"], ["a", "b"]],
    "the last lines only": [["1\n2\n3\n4\n"], ["2", "3", "4"]],
    "an empty line in between": [["a\n\nb\n"], ["a", "", "b"]],
    "the end of a line that was written over": [["10%\r50%\r100%\ndone\r\n"], ["100%", "done"]],
  };
  for (const [title, [chunks, last]] of Object.entries(cases)) {
    it(`is ${title}`, () => assert.deepEqual(tailOf(...chunks).lines(3), last));
  }

  it("keeps a bounded part of endless output", () => {
    const tail = new OutputTail();
    for (let i = 0; i < 100_000; i++) tail.push(Buffer.from(`line ${i}\n`));
    assert.deepEqual(tail.lines(2), ["line 99998", "line 99999"]);
    assert.ok(tail.lines(Number.MAX_SAFE_INTEGER).length < 10_000);
  });

  it("does not depend on the caller's buffer", () => {
    const tail = new OutputTail();
    const buffer = Buffer.from("first\n");
    tail.push(buffer);
    buffer.write("other\n");
    assert.deepEqual(tail.lines(1), ["first"]);
  });
});
