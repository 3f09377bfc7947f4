import { Failure } from "../../../core/errors.ts";
import { hostPlatform } from "../../../core/platform.ts";
import type { ContainerConfig } from "../../../image/config.ts";
import { expandWord } from "../expand.ts";
import { readInstruction } from "../instructions/read.ts";
import type { Command } from "../instructions/types.ts";
import { parseDockerfile } from "../parse.ts";
import { located } from "../problem.ts";
import { applyInstruction } from "./apply.ts";
import { expandInstruction } from "./expand-instruction.ts";
import { StageState } from "./stage-state.ts";
import { StepNames } from "./step-names.ts";
import type { Surroundings } from "./surroundings.ts";

/** What `commit --change` and `import --change` may say, as Docker has it. */
const CHANGES = new Set<Command["kind"]>([
  "CMD",
  "ENTRYPOINT",
  "ENV",
  "EXPOSE",
  "HEALTHCHECK",
  "LABEL",
  "ONBUILD",
  "STOPSIGNAL",
  "USER",
  "VOLUME",
  "WORKDIR",
]);

const FILE = "--change";

/** Applies instructions, one per text, to a configuration. Throws DOCKERFILE_INVALID, with the number of the change as its line. */
export function applyChanges(config: ContainerConfig, changes: readonly string[]): ContainerConfig {
  if (changes.length === 0) return config;
  const state = StageState.ofConfig(config, hostPlatform());
  const lexer = { escape: "\\" } as const;
  for (const [index, text] of changes.entries()) {
    const place = { file: FILE, lines: { first: index + 1, last: index + 1 } };
    const [node, ...others] = parseDockerfile(text, FILE).nodes;
    located(place, () => {
      const read = node === undefined ? undefined : readInstruction({ ...node, lines: place.lines });
      if (read === undefined || others.length > 0 || read.kind === "FROM" || !CHANGES.has(read.kind)) {
        throw new Failure("OPTION_INVALID", {
          option: FILE,
          got: text,
          want: `one instruction of ${[...CHANGES].join(", ")}`,
        });
      }
      const word = (value: string): string => expandWord(value, state.variables, lexer).text;
      if (read.kind === "CMD") state.lastOf.set("CMD", place.lines);
      applyInstruction(state, expandInstruction(read, { word, content: word }), surroundings(word));
    });
  }
  // ArgsEscaped is what a build says of its commands; a change does not.
  const { ArgsEscaped: _, ...changed } = state.config;
  return { ...changed, ...(config.ArgsEscaped !== undefined && { ArgsEscaped: config.ArgsEscaped }) };
}

const surroundings = (expand: (word: string) => string): Surroundings => ({
  onbuild: false,
  sources: [],
  lexer: { escape: "\\" },
  buildArgs: new Map(),
  globals: new Map(),
  proxyEnv: [],
  names: new StepNames({ stage: "", total: 0, platform: undefined }),
  expand,
});
