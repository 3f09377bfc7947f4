import assert from "node:assert/strict";
import { describe, it } from "mocha";
import type { BuildEvent } from "../../../builder/events.ts";
import { decodeEvents, encodeEvents } from "../../../engine/builds/history/event-codec.ts";

const output = (data: Uint8Array): BuildEvent => ({
  type: "output",
  id: "1",
  stream: "stdout",
  data,
  time: 1,
});

describe("events of a build as they are kept", () => {
  const cases: Readonly<Record<string, readonly BuildEvent[]>> = {
    "a few": [{ type: "started", id: "1", time: 1 }, output(Buffer.from("grüße\n"))],
    "output that is no text": [output(Buffer.from([0xff, 0, 0xfe]))],
    "so many that they are compressed": Array.from({ length: 2000 }, (_, i) => output(Buffer.from(`${i}\n`))),
  };
  for (const [what, events] of Object.entries(cases)) {
    it(`are the same when they are read: ${what}`, () => {
      assert.deepEqual(decodeEvents(encodeEvents(events)), events);
    });
  }

  it("are compressed when they are many", () => {
    const many = Array.from({ length: 2000 }, () => output(Buffer.from("the same line\n")));
    assert.ok(encodeEvents(many).byteLength < 10_000);
  });
});
