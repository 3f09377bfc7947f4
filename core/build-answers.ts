// What can be asked about a Dockerfile in place of a build, and the answers in the shape in which BuildKit's frontend gives them.
// https://github.com/moby/buildkit/tree/master/frontend/subrequests

export interface SourceLocation {
  /** Lines from 1, both included. */
  readonly ranges: readonly { readonly start: SourcePosition; readonly end: SourcePosition }[];
}
export interface SourcePosition {
  readonly line: number;
}

interface Named {
  readonly name: string;
  readonly location: SourceLocation;
}
export interface OutlineArgument extends Named {
  /** The comment above it. */
  readonly description?: string;
  /** What it has in this build; absent without one. */
  readonly value?: string;
}
/** A secret, or a socket or key of ssh. */
export interface OutlineMount extends Named {
  readonly required?: true;
}

/** What a build of one target takes. */
export interface BuildOutline {
  /** Of the target, if it has one. */
  readonly name?: string;
  readonly description?: string;
  readonly args?: readonly OutlineArgument[];
  readonly secrets?: readonly OutlineMount[];
  readonly ssh?: readonly OutlineMount[];
  /** The Dockerfile in base64. */
  readonly sources: readonly string[];
}

export interface BuildTarget {
  readonly name?: string;
  /** It is what is built when no target is named. */
  readonly default?: true;
  readonly description?: string;
  /** As it is written. */
  readonly base?: string;
  readonly platform?: string;
  readonly location: SourceLocation;
}
/** The stages that can be built. */
export interface BuildTargets {
  readonly targets: readonly BuildTarget[];
  readonly sources: readonly string[];
}

/** Of an instruction of more lines one range is told, as each of its arguments may have this location. */
const MAX_RANGES = 100;

/** A range for each line, as BuildKit has them. */
export function locationOfLines(first: number, last: number): SourceLocation {
  const range = (start: number, end: number) => ({ start: { line: start }, end: { line: end } });
  const count = last - first + 1;
  if (count > MAX_RANGES) return { ranges: [range(first, last)] };
  return { ranges: Array.from({ length: count }, (_, i) => range(first + i, first + i)) };
}

interface LintWarning {
  readonly rule?: string;
  readonly url?: string;
  readonly message: string;
  readonly at?: { readonly line: number; readonly endLine: number };
}

/** What the checks find, as the frontend tells it. */
export function lintResults(
  found: readonly LintWarning[],
  { name: filename, text }: { readonly name: string; readonly text: string },
) {
  const warnings = found.map(({ rule = "", url, message, at }) => ({
    ruleName: rule,
    ...(url === undefined ? {} : { url }),
    detail: message,
    ...(at === undefined ? {} : { location: locationOfLines(at.line, at.endLine) }),
  }));
  const data = Buffer.from(text).toString("base64");
  return { warnings, sources: [{ filename, data, language: "Dockerfile" }] };
}
