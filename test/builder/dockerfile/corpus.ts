import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";

/** A Dockerfile of the corpus with what BuildKit makes of it; its README describes the fields. */
export interface Sample {
  readonly file: string;
  readonly text: string;
  readonly escape?: string;
  readonly syntax?: string;
  readonly syntaxCmdline?: string;
  readonly ast?: readonly Json[];
  readonly parseErr?: string;
  readonly metaArgs?: readonly Json[];
  readonly stages?: readonly Json[];
  readonly instrErr?: string;
  readonly llbErr?: string;
  readonly lint?: readonly Json[];
  readonly lintBuildErr?: string;
  readonly parserWarnings?: readonly Json[];
  readonly image?: Json;
}
export type Json = Readonly<Record<string, unknown>>;

const NAME = "dockerfiles.jsonl.gz";
const root = join(dirname(fileURLToPath(import.meta.url)), "../../..");

function find(): string | undefined {
  const folders = [
    process.env["SLIPWAY_CORPUS"],
    join(root, "../shared/corpus"),
    join(root, "../../shared/corpus"),
  ];
  return folders.find((folder) => folder !== undefined && existsSync(join(folder, NAME)));
}

let samples: readonly Sample[] | undefined;

/** All samples; skips the running test where the corpus is absent. */
export function corpus(test: Mocha.Context): readonly Sample[] {
  const folder = find();
  if (folder === undefined) {
    test.runnable().title += " (the corpus of Dockerfiles is absent: set SLIPWAY_CORPUS to its folder)";
    test.skip();
  }
  samples ??= gunzipSync(readFileSync(join(folder ?? "", NAME)))
    .toString()
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as Sample);
  return samples;
}

export interface Comparison {
  readonly what: string;
  /** Undefined leaves a sample out. */
  readonly want: (sample: Sample) => unknown;
  readonly got: (sample: Sample) => unknown;
  /** Differences that are meant, by file, each with its reason. */
  readonly explained?: Readonly<Record<string, string>>;
}

/** Compares every sample, prints "N of M equal", and fails with the first differences nobody explained. */
export function compare(test: Mocha.Context, { what, want, got, explained = {} }: Comparison): void {
  const differences: { readonly file: string; readonly want: unknown; readonly got: unknown }[] = [];
  const met = new Set<string>();
  let total = 0;
  for (const sample of corpus(test)) {
    const expected = want(sample);
    if (expected === undefined) continue;
    total++;
    const actual = got(sample);
    try {
      assert.deepEqual(actual, expected);
    } catch {
      if (Object.hasOwn(explained, sample.file)) met.add(sample.file);
      else differences.push({ file: sample.file, want: expected, got: actual });
    }
  }
  const runnable = test.runnable();
  runnable.title = `${what}: ${total - differences.length - met.size} of ${total} equal`;
  for (const file of met) runnable.title += `\n        not ${file}: ${explained[file]}`;
  const [first] = differences;
  if (first !== undefined) {
    const names = differences.map(({ file }) => file).join("\n  ");
    assert.deepEqual(
      first.got,
      first.want,
      `${differences.length} of ${total} differ:\n  ${names}\n${firstDifference(first)}`,
    );
  }
  const stale = Object.keys(explained).filter((file) => !met.has(file));
  assert.deepEqual(stale, [], "these differences are explained but gone");
}

/** The first place at which two values differ, as a path with both sides. */
function firstDifference({ got, want }: { readonly got: unknown; readonly want: unknown }): string {
  const visit = (a: unknown, b: unknown, path: string): string | undefined => {
    if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) {
      return Object.is(a, b) ? undefined : `${path}: got ${JSON.stringify(a)}, want ${JSON.stringify(b)}`;
    }
    for (const key of new Set([...Object.keys(a), ...Object.keys(b)])) {
      const found = visit((a as Json)[key], (b as Json)[key], `${path}.${key}`);
      if (found !== undefined) return found;
    }
    return undefined;
  };
  return visit(got, want, "") ?? "";
}
