import assert from "node:assert/strict";
import { describe, it } from "mocha";
import { describeError, isCode } from "../../../core/errors.ts";
import { parseHtpasswd, withUser } from "../../../registry/access/htpasswd.ts";
import { hashPassword, matchesHash } from "../../../registry/access/passwords.ts";
import { formatPolicy, parsePolicy, withoutUser, withRule } from "../../../registry/access/policy-file.ts";
import { compileGlob, globProblem } from "../../../registry/access/repository-glob.ts";
import type { Rule } from "../../../registry/access/rights.ts";
import { parseTokens } from "../../../registry/access/robot-tokens.ts";

const HASH = `$2y$05$${"a".repeat(53)}`;

describe("patterns of repositories", () => {
  for (const [pattern, matching, others] of [
    ["app", ["app"], ["apps", "team/app", ""]],
    ["team/*", ["team/app", "team/a-b.c"], ["team", "team/a/b", "teams/app"]],
    ["team/**", ["team/app", "team/a/b"], ["team", "teams/app"]],
    ["**", ["a", "a/b/c"], []],
    ["*/app", ["a/app"], ["app", "a/b/app"]],
    ["**/app", ["a/app", "a/b/app"], ["app"]],
    ["a*b", ["ab", "axb"], ["a/b", "abc"]],
  ] as const)
    it(`${pattern} matches ${matching.join(", ")}${others.length === 0 ? "" : ` and not ${others.join(", ")}`}`, () => {
      const matches = compileGlob(pattern);
      assert.deepEqual(matching.filter(matches), matching);
      assert.deepEqual(others.filter(matches), []);
    });

  for (const pattern of ["", "A", "a b", "a:b", "***", "a".repeat(256), "a/?"])
    it(`refuse ${JSON.stringify(pattern.slice(0, 20))}`, () =>
      assert.notEqual(globProblem(pattern), undefined));

  it("take their time in proportion to the name, however many stars there are", () => {
    assert.equal(compileGlob(`${"*a".repeat(60)}b`)("a".repeat(255)), false);
  });
});

describe("files of access control", () => {
  for (const [title, text, message] of [
    [
      "a hash of another kind",
      "ann:$apr1$x$y\n",
      /^f:1: user ann has no bcrypt hash: make it with htpasswd -B$/,
    ],
    ["a line without a hash", `ok:${HASH}\nann\n`, /^f:2: expected user:hash$/],
    ["a user who is there twice", `ann:${HASH}\nann:${HASH}\n`, /^f:2: user ann is there twice$/],
    [
      "a cost of 20",
      `ann:$2y$20$${"a".repeat(53)}\n`,
      /^f:1: user ann: expected a bcrypt cost of 4 to 15, got 20$/,
    ],
    ["a name with a meaning", `anonymous:${HASH}\n`, /has a meaning in policies$/],
  ] as const)
    it(`htpasswd refuses ${title}`, () => {
      assert.throws(
        () => parseHtpasswd(text, "f"),
        (error) => isCode(error, "ACCESS_FILE_INVALID") && message.test(describeError(error)),
      );
    });

  const rule = (more: object): string =>
    JSON.stringify({ rules: [{ users: ["ann"], repositories: ["a"], actions: ["pull"], ...more }] });
  for (const [title, read, text, message] of [
    ["the policy refuses no JSON", parsePolicy, '{\n  "rules": [,]\n}', /^f: Unexpected token ','$/],
    [
      "the policy refuses an action nobody has",
      parsePolicy,
      rule({ actions: ["write"] }),
      /^f: rules\[0\]\.actions\[0\]: /,
    ],
    [
      "the policy refuses a pattern that is none",
      parsePolicy,
      rule({ repositories: ["A"] }),
      /rules\[0\]\.repositories\[0\]: "A": expected/,
    ],
    [
      "the policy refuses a key it does not know",
      parsePolicy,
      rule({ action: ["pull"] }),
      /rules\[0\]: .*"action"/,
    ],
    ["the policy refuses a rule for nobody", parsePolicy, rule({ users: [] }), /rules\[0\]\.users: /],
    [
      "tokens refuse a hash that is none",
      parseTokens,
      '{"tokens":[{"name":"a","hash":"x","createdAt":"2026-01-01T00:00:00Z","grants":[]}]}',
      /tokens\[0\]\.hash: expected a SHA-256/,
    ],
  ] as const)
    it(title, () => {
      assert.throws(
        () => read(text, "f"),
        (error) => isCode(error, "ACCESS_FILE_INVALID") && message.test(describeError(error)),
      );
    });

  it("change a user's line and leave all others", () => {
    const text = `# people\nann:${HASH}\nben:${HASH}\n`;
    assert.equal(withUser(text, "ann", "new"), `# people\nann:new\nben:${HASH}\n`);
    assert.equal(withUser(text, "ann", undefined), `# people\nben:${HASH}\n`);
    assert.equal(withUser("", "ann", "new"), "ann:new\n");
  });

  it("add to a policy and take away from it", () => {
    const pull: Rule = { users: ["ann"], repositories: ["a", "b"], actions: ["pull"] };
    const rules = withRule(withRule([], pull), { ...pull, repositories: ["b", "a"], actions: ["push"] });
    assert.deepEqual(rules, [{ ...pull, actions: ["pull", "push"] }]);
    assert.deepEqual(withoutUser(rules, "ann", ["b"]), [
      { ...pull, repositories: ["a"], actions: ["pull", "push"] },
    ]);
    const shared = withRule([], { ...pull, users: ["ann", "ben"] });
    assert.deepEqual(withoutUser(shared, "ann"), [{ ...pull, users: ["ben"] }]);
    assert.deepEqual(parsePolicy(formatPolicy(rules), "f").rules, rules);
  });

  it("hash passwords as Apache's htpasswd -B does", async () => {
    const hash = await hashPassword("a secret");
    assert.match(hash, /^\$2y\$10\$/);
    assert.deepEqual(
      [await matchesHash("a secret", hash), await matchesHash("another", hash)],
      [true, false],
    );
  });

  for (const [title, password] of [
    ["an empty password", ""],
    ["one longer than bcrypt reads", "ä".repeat(37)],
    ["one with a NUL", "a\0b"],
    ["one that would be taken for a token's", "slipway_abc"],
  ] as const)
    it(`refuse ${title}`, async () => {
      await assert.rejects(hashPassword(password), (error) => isCode(error, "PASSWORD_INVALID"));
    });
});
