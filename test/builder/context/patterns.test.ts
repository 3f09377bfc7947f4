import assert from "node:assert/strict";
import fc from "fast-check";
import { cleanPath, compileDeepPattern, matchPath } from "../../../builder/context/patterns.ts";
import { isCode } from "../../../core/errors.ts";

const MATCHES: readonly (readonly [pattern: string, yes: readonly string[], no: readonly string[]])[] = [
  ["main.c", ["main.c"], ["main.cc", "a/main.c", "mainXc"]],
  ["*", ["a", ".hidden", ""], ["a/b"]],
  ["*.c", [".c", "x.c"], ["x.h", "d/x.c"]],
  ["src/*", ["src/a"], ["src", "src/a/b"]],
  ["s*/*.c", ["s/a.c", "src/b.c"], ["src/d/a.c", "x/a.c"]],
  ["a?c", ["abc", "a☺c"], ["ac", "a/c", "abbc"]],
  ["[a-c]x", ["ax", "cx"], ["dx", "x"]],
  ["[^a-c]x", ["dx", "/x"], ["ax"]],
  ["[a-cx-z]", ["b", "y"], ["d", "-"]],
  ["[\\]a]", ["]", "a"], ["\\"]],
  ["[α-ω]", ["β"], ["b"]],
  ["\\*", ["*"], ["a", "\\*"]],
  ["a\\[b", ["a[b"], ["ab"]],
  ["a+b.{1}$", ["a+b.{1}$"], ["aab.{1}$"]],
  ["*a*b*c*d*", ["abcd", "xaxbxcxdx"], ["abc", "a/bcd"]],
  ["**", ["ab"], ["a/b"]],
  ["[z-a]", [], ["a", "m", "z"]],
];
const BAD = ["[", "[a", "[]", "[]a]", "[^]", "[-a]", "[a-]", "[a-", "[^a-]", "a\\", "[\\", "x["];

describe("Patterns for paths", () => {
  for (const [pattern, yes, no] of MATCHES) {
    it(`${pattern} matches within components`, () => {
      for (const path of yes) assert.equal(matchPath(pattern, path), true, path);
      for (const path of no) assert.equal(matchPath(pattern, path), false, path);
    });
  }

  for (const pattern of BAD) {
    it(`${pattern} is refused`, () => {
      assert.throws(
        () => matchPath(pattern, "x"),
        (error) => isCode(error, "PATTERN_INVALID"),
      );
    });
  }

  it("a text without special characters matches itself only", () => {
    const text = fc.string({ unit: "grapheme" }).filter((s) => !/[*?[\\]/.test(s));
    fc.assert(fc.property(text, text, (a, b) => assert.equal(matchPath(a, b), a === b)));
  });

  it("a hostile pattern takes no long time to fail", () => {
    // Processor time: the machine may be busy with something else.
    const started = process.cpuUsage();
    assert.equal(matchPath("*a".repeat(60), `${"a".repeat(4000)}b`), false);
    assert.equal(compileDeepPattern("**/a/".repeat(60))(`${"a/".repeat(2000)}b`), false);
    assert.ok(process.cpuUsage(started).user < 2_000_000);
  });

  it("many wildcards and few mean the same", () => {
    const path = fc
      .array(fc.constantFrom("a", "b", "/", "ab"), { maxLength: 8 })
      .map((parts) => parts.join(""));
    const pattern = fc.array(fc.constantFrom("a", "b", "/", "*", "?", "**", "**/", "[ab]"), { maxLength: 3 });
    fc.assert(
      fc.property(pattern, path, (parts, text) => {
        const one = parts.join("");
        // Wildcards between separators that the path does not have change nothing but the way it is run.
        const many = compileDeepPattern(`x${one}|*|*|*`);
        const few = compileDeepPattern(`x${one}|||`);
        assert.equal(many(`x${text}|||`), few(`x${text}|||`));
      }),
    );
  });

  for (const [path, clean] of [
    ["a/b", "a/b"],
    ["./a//b/", "a/b"],
    ["a/./b/../c", "a/c"],
    ["../x", "../x"],
    ["/", "/"],
    [".", "."],
    ["", "."],
  ] as const) {
    it(`${JSON.stringify(path)} is cleaned to ${clean}`, () => assert.equal(cleanPath(path), clean));
  }
});
