import { readFileSync } from "node:fs";
import type { Tree } from "../../store/types.ts";
import { IgnoreRules } from "./ignore-rules.ts";
import type { Visibility } from "./source-root.ts";

const NAME = ".dockerignore";

/**
 * What the ignore file of a build says: the one named after the Dockerfile, else the context's; undefined when there is none.
 * Throws PATTERN_INVALID.
 */
export function readVisibility(tree: Tree, dockerfile: string | undefined): Visibility | undefined {
  const beside = dockerfile === undefined ? undefined : readIfThere(`${dockerfile}${NAME}`);
  const text = beside ?? tree.readText(`/${NAME}`);
  if (text === undefined) return undefined;
  const name = beside === undefined ? NAME : `${dockerfile}${NAME}`;
  const rules = IgnoreRules.parse(text);
  if (rules.rules.length === 0) return undefined;
  return {
    hides: (path) => rules.hides(path),
    hidesSource: (source) => rules.hidesSource(source),
    prune: rules.prune,
    reason: (path) => {
      const rule = rules.decidingRule(path);
      return rule === undefined || rule.exception
        ? undefined
        : `line ${rule.line} of ${name}: ${rule.pattern}`;
    },
  };
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}
