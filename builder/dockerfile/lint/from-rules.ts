import { isCode } from "../../../core/errors.ts";
import { formatPlatform, type Platform, parsePlatform, samePlatform } from "../../../core/platform.ts";
import { parseReference } from "../../../core/reference.ts";
import { type ExpandOptions, type Expansion, expandWord, type Variables } from "../expand.ts";
import type { From } from "../instructions/types.ts";
import { Problem } from "../problem.ts";
import { suggest } from "../suggest.ts";
import type { Report } from "./reporter.ts";

// Rules about where a stage begins.

/** A name in FROM that is neither a global ARG nor one of the platform arguments. `declared` has both. */
export function checkFromArguments(
  from: From,
  { unmatched }: Expansion,
  declared: ReadonlySet<string>,
  report: Report,
): void {
  for (const name of unmatched) {
    if (declared.has(name)) continue;
    report("UndefinedArgInFrom", from, name, suggest(name, declared, { caseSensitive: true }) ?? "");
  }
}

const TARGET = "TARGETPLATFORM";

export function checkFromPlatform(
  from: From,
  expansion: Expansion,
  globals: Variables,
  report: Report,
): void {
  const { text, matched, unmatched } = expansion;
  const isTarget = matched.size === 1 && matched.has(TARGET) && unmatched.size === 0;
  if (isTarget && text === globals.get(TARGET)) report("RedundantTargetPlatform", from, from.platform);
  if (matched.size > 0 || unmatched.size > 0) return;
  const platform = platformOf(text);
  // A stage that is named after its platform is meant for it.
  const isMeant =
    platform === undefined || [platform.os, platform.architecture].some((part) => from.name.includes(part));
  if (!isMeant) report("FromPlatformFlagConstDisallowed", from, text);
}

function platformOf(text: string): Platform | undefined {
  try {
    return parsePlatform(text);
  } catch (error) {
    if (isCode(error, "PLATFORM_INVALID")) return undefined;
    throw error;
  }
}

/** Without build arguments, too, FROM should name an image. `defaults` are the global arguments then. */
export function checkDefaultBases(
  stages: readonly From[],
  defaults: Variables,
  lexer: ExpandOptions,
  report: Report,
): void {
  for (const from of stages) {
    try {
      parseReference(expandWord(from.base, defaults, lexer).text);
    } catch (error) {
      if (error instanceof Problem) return;
      if (!isCode(error, "REFERENCE_INVALID")) throw error;
      // The configuration of the whole file counts here.
      report("InvalidDefaultArgInFrom", { lines: from.lines, comments: [] }, from.base);
    }
  }
}

export interface LoadedBase {
  readonly name: string;
  readonly expected: Platform;
  readonly actual: Platform;
}

export function checkBasePlatform(from: From, { name, expected, actual }: LoadedBase, report: Report): void {
  const plain = ({ os, architecture }: Platform): Platform => ({ os, architecture });
  if (samePlatform(plain(expected), plain(actual))) return;
  const spot = { lines: from.lines, comments: [] };
  report("InvalidBaseImagePlatform", spot, name, formatPlatform(expected), formatPlatform(actual));
}
