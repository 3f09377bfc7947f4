import { formatPlatform, type Platform } from "../../../core/platform.ts";
import { type ExpandOptions, expandWord, type Variables } from "../expand.ts";
import { Problem } from "../problem.ts";

export interface StageTitle {
  /** "" leaves the name out. */
  readonly stage: string;
  /** Steps that are counted. */
  readonly total: number;
  /** Undefined leaves the platform out. */
  readonly platform: Platform | undefined;
}

/** Names the steps of a stage, counting them: "[build 2/4] RUN make". */
export class StepNames {
  readonly #title: StageTitle;
  #count = 0;

  constructor(title: StageTitle) {
    this.#title = title;
  }

  next(text: string, { onbuild }: { readonly onbuild: boolean } = { onbuild: false }): string {
    const { stage, total, platform } = this.#title;
    if (total === 0) return text;
    this.#count++;
    const parts = [
      ...(platform === undefined ? [] : [formatPlatform(platform)]),
      ...(stage === "" ? [] : [stage]),
      `${String(this.#count).padStart(String(total).length)}/${total}`,
    ];
    return `[${parts.join(" ")}] ${onbuild ? "ONBUILD " : ""}${text}`;
  }
}

/** An instruction as progress shows it: keyword in upper case, variables expanded where that is possible. */
export function commandTitle(code: string, variables: Variables, options: ExpandOptions): string {
  const expanded = expandOrKeep(code, variables, options);
  return expanded.replace(/^[^ ]*/, (keyword) => keyword.toUpperCase());
}

function expandOrKeep(code: string, variables: Variables, options: ExpandOptions): string {
  try {
    return expandWord(code, variables, options).text;
  } catch (error) {
    if (error instanceof Problem) return code;
    throw error;
  }
}

/** The first line of a here-document, for a title. */
export function summary(content: string): string {
  const [first = "", ...others] = content.trim().split(/\r?\n/);
  return others.length > 0 ? `${first}...` : first;
}
