import type { Add, Copy } from "../instructions/types.ts";
import { Problem } from "../problem.ts";
import { parsePermissions } from "./permissions.ts";
import { isGitSource, isHttpSource, isRemote } from "./remote.ts";
import { absolute, type StageState } from "./stage-state.ts";
import { commandTitle } from "./step-names.ts";
import type { Outcome, Surroundings } from "./surroundings.ts";

function checkChecksum({ checksum, sources }: Add): void {
  if (checksum === "") return;
  const [source] = sources;
  if (source === undefined || sources.length !== 1) {
    throw new Problem("checksum can't be specified for multiple sources");
  }
  if (!isRemote(source)) throw new Problem("checksum requires HTTP(S) or Git sources");
}

function checkLocal({ sources }: Copy): void {
  for (const source of sources) {
    if (isGitSource(source)) throw new Problem("source can't be a git ref for COPY");
    if (isHttpSource(source)) throw new Problem("source can't be a URL for COPY");
  }
}

/** Where the files go: absolute, with the "/" or "/." at the end that makes it a folder. */
function destinationOf(state: StageState, written: string): string {
  const path = written === "." || written === "" ? "./" : written;
  const joined = absolute(state.cwd, path);
  if (path.endsWith("/")) return joined.endsWith("/") ? joined : `${joined}/`;
  if (!path.endsWith("/.") || joined === path) return joined;
  return `${joined === "/" ? "" : joined}/.`;
}

const historyText = (instruction: Add | Copy): string =>
  [
    instruction.kind,
    ...(instruction.kind === "COPY" && instruction.parents ? ["--parents"] : []),
    ...(instruction.chown === "" ? [] : [`--chown=${instruction.chown}`]),
    ...(instruction.chmod === "" ? [] : [`--chmod=${instruction.chmod}`]),
    ...instruction.sources,
    ...instruction.inline.map(({ name }) => `<<${name}`),
    instruction.destination,
    "# buildkit",
  ].join(" ");

export function applyTransfer(state: StageState, instruction: Add | Copy, around: Surroundings): Outcome {
  const { kind, chown, chmod, sources, inline, destination } = instruction;
  const permissions = parsePermissions(chmod);
  if (kind === "ADD") checkChecksum(instruction);
  else checkLocal(instruction);
  const title = commandTitle(instruction.code, state.variables, around.lexer);
  return {
    kind: "copy",
    instruction,
    from: around.sources[0] ?? { kind: "context" },
    sources: sources.map((source) => (isRemote(source) ? source : absolute("/", source))),
    inline: inline.map(({ name, content }) => ({ name, content })),
    destination: destinationOf(state, destination),
    chown,
    chmod: permissions,
    name: around.names.next(title, around),
    cwd: state.cwd,
    user: state.user,
    layer: true,
    history: state.commit(historyText(instruction), { layer: true }),
  };
}
