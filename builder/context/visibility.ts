import { readIfThere } from "../../core/if-there.ts";
import type { Tree } from "../../store/types.ts";
import type { IgnoreFile } from "../types.ts";
import { IgnoreRules } from "./ignore-rules.ts";
import type { Visibility } from "./source-root.ts";

const NAME = ".dockerignore";

/**
 * What the ignore file of a build says: the one named after the Dockerfile, else the context's; undefined when there is none.
 * Throws PATTERN_INVALID.
 */
export function readVisibility(
  tree: Tree,
  {
    dockerfile,
    ignore,
  }: { readonly dockerfile?: string | undefined; readonly ignore?: IgnoreFile | undefined },
): Visibility | undefined {
  const file = ignore ?? readBeside(dockerfile) ?? readNamed(NAME, () => tree.readText(`/${NAME}`));
  if (file === undefined) return undefined;
  const { name, text } = file;
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

const readBeside = (dockerfile: string | undefined): IgnoreFile | undefined =>
  dockerfile === undefined
    ? undefined
    : readNamed(`${dockerfile}${NAME}`, () => readIfThere(`${dockerfile}${NAME}`));

function readNamed(name: string, read: () => string | undefined): IgnoreFile | undefined {
  const text = read();
  return text === undefined ? undefined : { name, text };
}
