import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, it } from "mocha";
import { OPERATIONS } from "../../../runtime/launch/encode.ts";

const header = readFileSync(new URL("../../../native/launcher/operations.h", import.meta.url), "utf8");
/** X(4, bind, "string source, u8 recursive" "u64 set") rows, their strings joined. */
const rows = Array.from(header.matchAll(/^\s*X\((\d+), (\w+),([^)]*)\)/gm), ([, code, name, text = ""]) => ({
  name: name ?? "",
  code: Number(code),
  kinds: Array.from(text.matchAll(/"([^"]*)"/g), ([, part]) => part)
    .join("")
    .split(", ")
    .filter((operand) => operand !== "")
    .map((operand) => operand.split(" ")[0] ?? ""),
}));

describe("the operations of a launch program", () => {
  it("have the same numbers in runtime/launch/encode.ts and native/launcher/operations.h", () => {
    const ours = Object.entries(OPERATIONS).map(([name, [code]]) => [name, code]);
    assert.deepEqual(
      Object.fromEntries(ours),
      Object.fromEntries(rows.map(({ name, code }) => [name, code])),
    );
  });

  it("have the same operands in both, in the same order", () => {
    for (const { name, kinds } of rows) {
      const [, ...fields] = OPERATIONS[name as keyof typeof OPERATIONS];
      // A list of groups travels as bytes.
      const ours = fields.map(([, kind]) => (kind === "groups" ? "bytes" : kind));
      assert.deepEqual(ours, kinds, name);
    }
  });
});
