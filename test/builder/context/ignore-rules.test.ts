import assert from "node:assert/strict";
import { IgnoreRules } from "../../../builder/context/ignore-rules.ts";
import { isCode } from "../../../core/errors.ts";

interface Case {
  readonly rules: string;
  readonly hidden?: readonly string[];
  readonly visible?: readonly string[];
  readonly prune?: readonly string[];
}
const CASES: Readonly<Record<string, Case>> = {
  "a name hides what is below it": {
    rules: "node_modules",
    hidden: ["node_modules", "node_modules/a", "node_modules/a/b"],
    visible: ["src/node_modules", "node_modules2"],
    prune: ["node_modules"],
  },
  "** hides at any depth": {
    rules: "**/*.log\n**/tmp",
    hidden: ["a.log", "d/e/a.log", "tmp", "d/tmp", "d/tmp/x"],
    visible: ["a.log2", "log", "tmpx"],
    prune: [],
  },
  "** directly before text asks for an ending": {
    rules: "**.bak",
    hidden: ["a.bak", "d/a.bak", ".bak"],
    visible: ["a.bak2"],
  },
  "** behind a slash hides the content, not the folder": {
    rules: "build/**",
    hidden: ["build/a", "build/a/b"],
    visible: ["build"],
  },
  "the last rule that matches counts": {
    rules: "*.md\n!README.md\nREADME.md",
    hidden: ["a.md", "README.md"],
  },
  "an exception brings back": {
    rules: "*\n!src\n!README*\nREADME.secret",
    hidden: ["a", "README.secret", "lib/a"],
    visible: ["src", "src/a/b", "README.md"],
    prune: ["README.secret"],
  },
  "an exception below a hidden folder keeps the folder from being skipped": {
    rules: "docs\n!docs/api/index.md\nvendor",
    hidden: ["docs", "docs/x", "docs/api"],
    visible: ["docs/api/index.md"],
    prune: ["vendor"],
  },
  "an exception that cannot reach into a folder lets it be skipped": {
    rules: "vendor\nnode_modules\n!*.md\n!vendor/*/LICENSE",
    hidden: ["vendor", "node_modules"],
    visible: ["vendor/a/LICENSE"],
    prune: ["node_modules"],
  },
  "an exception at any depth keeps every folder from being skipped": {
    rules: "vendor\n!**/LICENSE",
    hidden: ["vendor", "vendor/a"],
    visible: ["vendor/LICENSE", "vendor/a/LICENSE"],
    prune: [],
  },
  "comments, blank lines, white space and slashes at the ends mean nothing": {
    rules: "\ufeff# a comment\r\n\n  /dist/  \r\n ! /dist/keep \n./a/../b\n",
    hidden: ["dist", "dist/x", "b"],
    visible: ["dist/keep", "# a comment", "a"],
  },
  "a comment sign behind white space is a pattern": { rules: " #x", hidden: ["#x"] },
  "one file may be ignored twice": { rules: "a\na\n", hidden: ["a"], prune: ["a"] },
};

describe("Rules of an ignore file", () => {
  for (const [title, { rules: text, hidden = [], visible = [], prune }] of Object.entries(CASES)) {
    it(title, () => {
      const rules = IgnoreRules.parse(text);
      for (const path of hidden) assert.equal(rules.hides(path), true, `${path} should be hidden`);
      for (const path of visible) assert.equal(rules.hides(path), false, `${path} should be visible`);
      if (prune !== undefined) assert.deepEqual(rules.prune, prune);
    });
  }

  it("the rule that decides is known with its line", () => {
    const rules = IgnoreRules.parse("# all\n*\n!src\n");
    assert.equal(rules.decidingRule("a/b")?.line, 2);
    assert.equal(rules.decidingRule("src/a")?.line, 3);
    assert.equal(IgnoreRules.parse("x").decidingRule("y"), undefined);
  });

  it("a source of COPY is ignored if nothing can bring it back", () => {
    assert.equal(IgnoreRules.parse("secret").hidesSource("./secret/key"), true);
    assert.equal(IgnoreRules.parse("secret\n!x").hidesSource("secret"), false);
    assert.equal(IgnoreRules.parse("*.md").hidesSource("."), false);
    assert.equal(IgnoreRules.parse("**").hidesSource("/"), true);
  });

  for (const text of ["!", "a\n!  ", "[", "x\\"]) {
    it(`${JSON.stringify(text)} is refused`, () => {
      assert.throws(
        () => IgnoreRules.parse(text),
        (error) => isCode(error, "PATTERN_INVALID"),
      );
    });
  }
});
