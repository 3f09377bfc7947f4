import assert from "node:assert/strict";
import { parseSignal } from "../../core/signals.ts";

describe("core/signals", () => {
  for (const [text, number] of [
    ["SIGTERM", 15],
    ["term", 15],
    ["9", 9],
    ["sigkill", 9],
    ["RTMIN", 34],
    ["SIGRTMIN+3", 37],
    ["RTMAX-1", 63],
    ["64", 64],
  ] as const) {
    it(`reads ${text}`, () => assert.equal(parseSignal(text), number));
  }
  for (const text of ["", "FOO", "0", "65", "-1", "RTMIN-1", "RTMAX+1", "SIG"]) {
    it(`refuses ${JSON.stringify(text)}`, () =>
      assert.throws(() => parseSignal(text), { message: `invalid signal: ${text}` }));
  }
});
