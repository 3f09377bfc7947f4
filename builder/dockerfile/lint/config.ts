import { parseBoolean } from "../../../core/go-boolean.ts";
import { cut, quote, trim } from "../characters.ts";
import { DirectiveReader } from "../directives.ts";
import { Problem } from "../problem.ts";

/** Names of rules, or all of them. */
type Selection = ReadonlySet<string> | "all";
/** `# check=skip=A,B;experimental=C;error=true` */
export interface CheckConfig {
  readonly skip: Selection;
  readonly experimental: Selection;
  /** A warning fails the build. */
  readonly error: boolean;
}
export const NO_CONFIG: CheckConfig = { skip: new Set(), experimental: new Set(), error: false };

const selection = (text: string): Selection =>
  trim(text) === "all" ? "all" : new Set(text.split(",").map(trim));

/** Reads the value of the check directive or of BUILDKIT_DOCKERFILE_CHECK. Throws a Problem. */
export function parseCheckConfig(text: string): CheckConfig {
  let config = NO_CONFIG;
  if (trim(text) === "") return config;
  for (const option of text.split(";", 3)) {
    const [written, value] = cut(option, "=");
    if (value === undefined) throw new Problem(`invalid check option ${quote(trim(option))}`);
    const key = trim(written);
    if (key === "skip") config = { ...config, skip: selection(value) };
    else if (key === "experimental") config = { ...config, experimental: selection(value) };
    else if (key === "error") config = { ...config, error: errorOf(value, option) };
    else throw new Problem(`invalid check option ${quote(key)}`);
  }
  return config;
}

function errorOf(value: string, option: string): boolean {
  const parsed = parseBoolean(trim(value));
  if (parsed === undefined) throw new Problem(`failed to parse check option ${quote(option)}`);
  return parsed;
}

/** The configuration for one instruction: comments above it may say `# check=skip=…`. */
export function withComments(config: CheckConfig, comments: readonly string[]): CheckConfig {
  const found = comments.map(directive).find((value) => value !== undefined);
  if (found === undefined) return config;
  try {
    const other = parseCheckConfig(cut(found, " ")[0]);
    return {
      ...config,
      skip: join(config.skip, other.skip),
      experimental: join(config.experimental, other.experimental),
    };
  } catch (error) {
    // A comment is no place to fail a build from.
    if (error instanceof Problem) return config;
    throw error;
  }
}

const directive = (comment: string): string | undefined => {
  const found = new DirectiveReader("").read(comment, 1);
  return found?.name === "check" ? found.value : undefined;
};
const join = (a: Selection, b: Selection): Selection =>
  a === "all" || b === "all" ? "all" : new Set([...a, ...b]);
