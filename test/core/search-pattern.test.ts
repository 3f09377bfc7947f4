import assert from "node:assert/strict";
import { searchPattern } from "../../core/search-pattern.ts";
import { loadSearch } from "../../core/text-search.ts";

describe("a search for a pattern", () => {
  const found: readonly (readonly [pattern: string, text: string, isFound: boolean])[] = [
    ["web", "my-web-1", true],
    ["^web$", "my-web-1", false],
    ["^/?my-.*-[0-9]+$", "my-web-1", true],
    ["a|b", "xbx", true],
    // As Go has it, and JavaScript has not.
    ["(?i)WEB", "my-web", true],
    ["\\Aweb\\z", "web", true],
  ];
  for (const [pattern, text, isFound] of found)
    it(`finds ${pattern} in ${text}: ${isFound}`, async () => {
      const search = (await loadSearch([pattern]))("--filter name", pattern);
      assert.equal(search(text), isFound);
    });

  for (const pattern of ["^(a+)+$", "(a|aa)+$", "(.*)*b", "a*a*a*a*a*a*a*a*b"])
    it(`is done with ${pattern} in a time that grows with the text alone`, () => {
      assert.equal(searchPattern("--filter name", pattern)(`${"a".repeat(5000)}!`), false);
    });

  const refused: readonly (readonly [pattern: string, message: RegExp])[] = [
    ["(", /invalid value "\(" for --filter name: expected a regular expression/],
    ["(?<=a)b", /expected a regular expression/],
    ["x+".repeat(150), /at most 256 characters/],
    ["[a-z]{900}".repeat(3), /repeats less/],
  ];
  for (const [pattern, message] of refused)
    it(`refuses ${pattern.slice(0, 20)}`, () =>
      assert.throws(() => searchPattern("--filter name", pattern), message));

  it("ends when it has taken too much", () => {
    const search = searchPattern("--filter name", "(\\pL{50}|x){9}$");
    assert.throws(() => {
      for (let i = 0; i < 1000; i++) search("é".repeat(1000));
    }, /done sooner/);
  });
});
