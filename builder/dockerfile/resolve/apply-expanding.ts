import { expandWords } from "../expand.ts";
import type { Arg, Expose } from "../instructions/types.ts";
import { parsePort } from "./ports.ts";
import type { StageState } from "./stage-state.ts";
import type { Outcome, Surroundings } from "./surroundings.ts";

// Instructions whose variables are expanded in their own way.

/** Arguments that tell the builder something and are no variables of commands. */
const NOT_IN_ENVIRONMENT = new Set(["BUILDKIT_SBOM_SCAN_CONTEXT", "BUILDKIT_SBOM_SCAN_STAGE"]);

/**
 * A given build argument wins over the default, which sees the arguments before it; without either, the global
 * argument of that name counts.
 */
export function applyArg(state: StageState, { args }: Arg, around: Surroundings): Outcome {
  const texts = args.map(({ key, value: byDefault }) => {
    const value =
      around.buildArgs.get(key) ??
      (byDefault === undefined ? around.globals.get(key) : around.expand(byDefault));
    if (value !== undefined && !NOT_IN_ENVIRONMENT.has(key)) state.setVariable(key, value);
    state.args.push({ key, value });
    return value === undefined ? key : `${key}=${value}`;
  });
  return { kind: "config", history: state.commit(`ARG ${texts.join(" ")}`, { layer: false }) };
}

/** Ports may come from one variable with several words. */
export function applyExpose(state: StageState, instruction: Expose, { lexer }: Surroundings): Outcome {
  const ports = exposedPorts(state, instruction, lexer).flatMap((text) => parsePort(text).ports);
  const added = ports.map((port) => [port, {}] as const);
  state.configure({ ExposedPorts: { ...state.config.ExposedPorts, ...Object.fromEntries(added) } });
  return { kind: "config", history: state.commit(`EXPOSE [${ports.join(" ")}]`, { layer: false }) };
}

/** The arguments of EXPOSE, expanded and split. */
export const exposedPorts = (
  { variables }: Pick<StageState, "variables">,
  { ports }: Expose,
  lexer: Surroundings["lexer"],
): readonly string[] => ports.flatMap((port) => expandWords(port, variables, lexer));
