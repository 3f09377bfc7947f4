import type { LineRange } from "../ast.ts";
import { Problem } from "../problem.ts";
import type { Warning } from "../resolved.ts";
import { type CheckConfig, withComments } from "./config.ts";
import { RULES, type RuleName } from "./rules.ts";

/** Where a rule found something. */
export interface Spot {
  readonly lines: LineRange;
  readonly comments: readonly string[];
}
/** How rules say what they found. */
export type Report = (rule: RuleName, spot: Spot, ...details: string[]) => void;

const has = (selection: ReadonlySet<string> | "all", rule: string): boolean =>
  selection === "all" || selection.has(rule);

/** Passes on what the configuration lets through, and remembers which rules spoke. */
export class Reporter {
  readonly #config: CheckConfig;
  readonly #warn: (warning: Warning) => void;
  readonly #violated = new Set<RuleName>();

  constructor(config: CheckConfig, warn: (warning: Warning) => void) {
    this.#config = config;
    this.#warn = warn;
  }

  readonly report: Report = (rule, { lines, comments }, ...details) => {
    const { skip, experimental } = withComments(this.#config, comments);
    const { description, url, message, experimental: isExperimental } = RULES[rule];
    if (isExperimental ? !has(experimental, rule) : has(skip, rule)) return;
    this.#violated.add(rule);
    this.#warn({ rule, message: message(...details), lines, description, url });
  };

  /** Throws a Problem when the configuration makes warnings fatal and there were some. */
  finish(): void {
    if (this.#config.error && this.#violated.size > 0) {
      throw new Problem(`lint violation found for rules: ${[...this.#violated].join(", ")}`);
    }
  }
}
