import * as z from "zod";
import { userNameProblem } from "./htpasswd.ts";
import { documentReader } from "./json-document.ts";
import { globProblem } from "./repository-glob.ts";
import { ANONYMOUS, EVERY_USER, RIGHTS, type Rule } from "./rights.ts";

/** A text that `problem` finds nothing wrong with. */
const checked = (problem: (text: string) => string | undefined) =>
  z.string().superRefine((text, context) => {
    const message = problem(text);
    if (message !== undefined)
      context.addIssue({ code: "custom", message: `${JSON.stringify(text)}: ${message}` });
  });

const holder = checked((name) =>
  name === ANONYMOUS || name === EVERY_USER ? undefined : userNameProblem(name),
);
export const GRANT = {
  repositories: z.array(checked(globProblem)).min(1).max(1000).readonly(),
  actions: z.array(z.enum(RIGHTS)).min(1).readonly(),
};
const POLICY = z.strictObject({
  rules: z
    .array(z.strictObject({ users: z.array(holder).min(1).max(1000).readonly(), ...GRANT }).readonly())
    .max(10_000)
    .readonly(),
});

/** Throws ACCESS_FILE_INVALID with the line or the field. */
export const parsePolicy = documentReader(POLICY, { rules: [] });

/** A line for each rule, as people would write it. */
export function formatPolicy(rules: readonly Rule[]): string {
  const lines = rules.map(({ users, repositories, actions }) =>
    JSON.stringify({ users, repositories, actions }),
  );
  return `{\n  "rules": [${lines.map((line) => `\n    ${line}`).join(",")}\n  ]\n}\n`;
}

/** Adds what is not allowed yet; a rule for the same users and repositories gets the actions. */
export function withRule(rules: readonly Rule[], added: Rule): readonly Rule[] {
  const same = (rule: Rule): boolean => keyOf(rule) === keyOf(added);
  const found = rules.find(same);
  if (found === undefined) return [...rules, added];
  const actions = RIGHTS.filter((right) => found.actions.includes(right) || added.actions.includes(right));
  return rules.map((rule) => (rule === found ? { ...rule, actions } : rule));
}
const keyOf = ({ users, repositories }: Rule): string =>
  JSON.stringify([[...users].sort(), [...repositories].sort()]);

/** Takes a name out of all rules, or its patterns when some are given; rules that hold for nobody go. */
export function withoutUser(
  rules: readonly Rule[],
  user: string,
  patterns: readonly string[] = [],
): readonly Rule[] {
  return rules.flatMap((rule): readonly Rule[] => {
    if (!rule.users.includes(user)) return [rule];
    const kept = patterns.length === 0 ? [] : rule.repositories.filter((one) => !patterns.includes(one));
    if (kept.length === rule.repositories.length) return [rule];
    const others = rule.users.filter((name) => name !== user);
    return [
      ...(others.length === 0 ? [] : [{ ...rule, users: others }]),
      ...(kept.length === 0 ? [] : [{ ...rule, users: [user], repositories: kept }]),
    ];
  });
}
