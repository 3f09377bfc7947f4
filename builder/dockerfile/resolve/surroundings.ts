import type { HistoryEntry } from "../../../image/config.ts";
import type { ExpandOptions } from "../expand.ts";
import type { Command } from "../instructions/types.ts";
import type { CopyStep, RunStep, Source, WorkdirStep } from "../resolved.ts";
import type { Expander } from "./expand-instruction.ts";
import type { StageState } from "./stage-state.ts";
import type { StepNames } from "./step-names.ts";

/** What surrounds an instruction while it is applied. */
export interface Surroundings {
  readonly onbuild: boolean;
  readonly sources: readonly Source[];
  readonly lexer: ExpandOptions;
  readonly buildArgs: ReadonlyMap<string, string>;
  readonly globals: ReadonlyMap<string, string>;
  readonly proxyEnv: readonly string[];
  readonly names: StepNames;
  /** Expands a word with the variables there are now. Throws a Problem. */
  readonly expand: Expander;
}

type Own<T> = Omit<T, "lines" | "onbuild" | "config">;
/** What an instruction gives beside the change to the state: what is its own in its step. */
export type Outcome =
  | { readonly kind: "config"; readonly history: HistoryEntry | undefined }
  | Own<RunStep>
  | Own<CopyStep>
  | Own<WorkdirStep>;

type Of<K extends Command["kind"]> = Extract<Command, { readonly kind: K }>;
/** Applies an expanded instruction to the state. Throws a Problem. */
export type Application<K extends Command["kind"]> = (
  state: StageState,
  instruction: Of<K>,
  around: Surroundings,
) => Outcome;
