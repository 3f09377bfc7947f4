import { compileGlob } from "../access/repository-glob.ts";
import type { Retain, TagRecord } from "../storage/registry-metadata.ts";

/**
 * What becomes of tags as they grow old. The first rule that matches repository and tag decides. It keeps the tags it says to keep, and all when it
 * says nothing; a tag no rule matches stays.
 */
export interface RetentionRule {
  /** Patterns, see compileGlob(). */
  readonly repositories: readonly string[];
  /** Likewise; all when absent. */
  readonly tags?: readonly string[] | undefined;
  /** Of the tags of one repository that the rule decides on, so many pushed last. */
  readonly keepLast?: number | undefined;
  /** Those pushed in so many days. */
  readonly keepDays?: number | undefined;
}

interface Compiled extends RetentionRule {
  readonly matches: (repository: string) => boolean;
  readonly holds: (tag: string) => boolean;
  /** Counted from 1, as people read the file. */
  readonly number: number;
}

const DAY_MS = 24 * 3_600_000;
const matcher = (patterns: readonly string[]) => {
  const globs = patterns.map(compileGlob);
  return (name: string): boolean => globs.some((matches) => matches(name));
};

/** Undefined for a repository whose tags all stay. */
export function compileRetention(
  rules: readonly RetentionRule[],
  now: Date,
): (repository: string) => Retain | undefined {
  const compiled = rules.map(
    (rule, index): Compiled => ({
      ...rule,
      matches: matcher(rule.repositories),
      holds: matcher(rule.tags ?? ["**"]),
      number: index + 1,
    }),
  );
  return (repository) => {
    const own = compiled.filter(({ matches }) => matches(repository));
    return own.some(removes) ? (tags) => expired(own, tags, now) : undefined;
  };
}

const removes = ({ keepLast, keepDays }: RetentionRule): boolean =>
  keepLast !== undefined || keepDays !== undefined;

function expired(rules: readonly Compiled[], tags: readonly TagRecord[], now: Date): ReturnType<Retain> {
  const newestFirst = [...tags].sort(
    (a, b) => b.updated.getTime() - a.updated.getTime() || (a.name < b.name ? -1 : 1),
  );
  const places = new Map<Compiled, number>();
  return newestFirst.flatMap((tag) => {
    const rule = rules.find(({ holds }) => holds(tag.name));
    if (rule === undefined || !removes(rule)) return [];
    const place = (places.get(rule) ?? 0) + 1;
    places.set(rule, place);
    const { keepLast = 0, keepDays = 0 } = rule;
    const isYoung = tag.updated.getTime() > now.getTime() - keepDays * DAY_MS;
    return place <= keepLast || isYoung ? [] : [{ ...tag, why: reason(rule, tag, place) }];
  });
}

function reason({ keepLast, keepDays, number }: Compiled, { updated }: TagRecord, place: number): string {
  const kept = [
    ...(keepLast === undefined ? [] : [`the last ${keepLast}`]),
    ...(keepDays === undefined ? [] : [`those of the last ${keepDays} days`]),
  ].join(" and ");
  return `rule ${number} of retention keeps ${kept}: this is number ${place}, pushed ${updated.toISOString()}`;
}
