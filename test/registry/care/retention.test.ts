import assert from "node:assert/strict";
import { describe, it } from "mocha";
import { digestOf } from "../../../core/digest.ts";
import { describeError, isCode } from "../../../core/errors.ts";
import { compileRetention, type RetentionRule } from "../../../registry/care/retention.ts";
import { parseRetention } from "../../../registry/care/retention-file.ts";

const NOW = new Date("2026-11-28T12:00:00Z");
/** Tags by name, pushed so many days ago. */
const tags = (ages: Readonly<Record<string, number>>) =>
  Object.entries(ages).map(([name, days]) => ({
    name,
    digest: digestOf(name),
    updated: new Date(NOW.getTime() - days * 86_400_000),
  }));
const AGES = { latest: 0, v3: 1, v2: 10, v1: 100, "pr-7": 2, "pr-6": 40, "pr-5": 50 };

const CASES: readonly [title: string, rules: readonly RetentionRule[], gone: readonly string[]][] = [
  ["keeps all without rules", [], []],
  ["keeps all of a repository no rule matches", [{ repositories: ["other"], keepLast: 1 }], []],
  ["keeps the last ones", [{ repositories: ["team/*"], keepLast: 3 }], ["v2", "pr-6", "pr-5", "v1"]],
  ["keeps the young ones", [{ repositories: ["**"], keepDays: 30 }], ["pr-6", "pr-5", "v1"]],
  ["keeps what either says", [{ repositories: ["**"], keepLast: 6, keepDays: 30 }], ["v1"]],
  ["counts among the tags that match", [{ repositories: ["**"], tags: ["v*"], keepLast: 1 }], ["v2", "v1"]],
  ["takes all that match", [{ repositories: ["**"], tags: ["pr-*"], keepLast: 0 }], ["pr-7", "pr-6", "pr-5"]],
  [
    "goes by the first rule that matches",
    [
      { repositories: ["**"], tags: ["latest", "v1"] },
      { repositories: ["team/app"], tags: ["pr-*"], keepDays: 14 },
      { repositories: ["**"], keepLast: 1 },
    ],
    ["v2", "pr-6", "pr-5"],
  ],
];

describe("retention", () => {
  for (const [title, rules, gone] of CASES)
    it(title, () => {
      const retain = compileRetention(rules, NOW)("team/app");
      assert.deepEqual(
        (retain?.(tags(AGES)) ?? []).map(({ name }) => name),
        gone,
      );
    });

  it("says why, by the number of the rule", () => {
    const rules = [
      { repositories: ["**"], tags: ["latest"] },
      { repositories: ["**"], keepLast: 1, keepDays: 30 },
    ];
    const [first] = compileRetention(rules, NOW)("a")?.(tags({ b: 1, a: 31 })) ?? [];
    assert.equal(
      first?.why,
      "rule 2 of retention keeps the last 1 and those of the last 30 days: this is number 2, pushed 2026-10-28T12:00:00.000Z",
    );
  });

  for (const [title, rule, message] of [
    ["no repositories", { repositories: [] }, /^f: rules\[0\]\.repositories: /],
    ["a pattern that is none", { repositories: ["A"] }, /rules\[0\]\.repositories\[0\]: "A": expected/],
    [
      "a pattern of tags that is none",
      { repositories: ["a"], tags: ["a/b"] },
      /rules\[0\]\.tags\[0\]: expected a tag/,
    ],
    ["a negative number", { repositories: ["a"], keepLast: -1 }, /rules\[0\]\.keepLast: /],
    ["half a tag", { repositories: ["a"], keepLast: 1.5 }, /rules\[0\]\.keepLast: /],
    ["a key nobody knows", { repositories: ["a"], keep: 1 }, /rules\[0\]: .*"keep"/],
  ] as const)
    it(`refuses ${title}`, () => {
      assert.throws(
        () => parseRetention(JSON.stringify({ rules: [rule] }), "f"),
        (error) => isCode(error, "ACCESS_FILE_INVALID") && message.test(describeError(error)),
      );
    });
});
