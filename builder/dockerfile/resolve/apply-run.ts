import { chomp, heredocOf } from "../heredoc.ts";
import { parseMount, type RunMount } from "../instructions/mount.ts";
import type { Run } from "../instructions/types.ts";
import { Problem } from "../problem.ts";
import type { RunStep, Source } from "../resolved.ts";
import { toExecute } from "./shell-form.ts";
import type { StageState } from "./stage-state.ts";
import { commandTitle, summary } from "./step-names.ts";
import type { Outcome, Surroundings } from "./surroundings.ts";

/** Where scripts of here-documents are mounted. */
const SCRIPTS = "/dev/pipes";

interface Script {
  readonly args: readonly string[];
  readonly files: RunStep["files"];
  /** Added to the step's name. */
  readonly note: string;
}

/**
 * What RUN executes. A lone here-document is the script itself: given to the shell, or, when it says `#!`, executed as
 * a file. Behind a command, here-documents are put together again for the shell to read.
 */
function script(state: StageState, { command, shellForm, files }: Run): Script {
  const [file] = files;
  if (file === undefined) return { args: toExecute(state, { command, shellForm }), files: [], note: "" };
  const [text = ""] = command;
  if (command.length !== 1 || !shellForm) {
    throw new Problem(`parsing produced an invalid run command: [${command.join(" ")}]`);
  }
  if (heredocOf(text) === undefined) {
    const whole = text + files.map(({ name, content }) => `\n${content}${name}`).join("");
    return { args: toExecute(state, { command: [whole], shellForm }), files: [], note: "" };
  }
  const content = file.chomp ? chomp(file.content) : file.content;
  const note = ` (${summary(file.content)})`;
  if (!content.startsWith("#!")) {
    return { args: toExecute(state, { command: [content], shellForm }), files: [], note };
  }
  const path = `${SCRIPTS}/${file.name}`;
  return {
    args: toExecute(state, { command: [path], shellForm }),
    files: [{ path, content, mode: 0o755 }],
    note,
  };
}

/** What a mount shows when it names no origin. */
const unnamed = ({ type }: RunMount): Source => ({ kind: type === "bind" ? "context" : "scratch" });

function mounts(run: Run, { sources, expand }: Surroundings): RunStep["mounts"] {
  return run.mounts.map((text, i) => {
    const mount = parseMount(text, expand);
    const of = mount.from === "" ? unnamed(mount) : (sources[i] ?? unnamed(mount));
    return { ...mount, of };
  });
}

/** Build arguments precede the command in the history: "|1 A=b /bin/sh -c …". */
function historyText(state: StageState, args: readonly string[]): string {
  const declared = new Map(
    state.args.map(({ key, value }) => [key, state.variables.get(key) ?? value ?? ""] as const),
  );
  const shown = [...declared].map(([key, value]) => `${key}=${value}`);
  return [...(shown.length > 0 ? [`|${shown.length}`, ...shown] : []), ...args].join(" ");
}

export function applyRun(state: StageState, instruction: Run, around: Surroundings): Outcome {
  const { args, files, note } = script(state, instruction);
  const title = commandTitle(instruction.code + note, state.variables, {
    ...around.lexer,
    rawQuotes: true,
    keepUnset: true,
  });
  return {
    kind: "run",
    instruction,
    mounts: mounts(instruction, around),
    args,
    files,
    name: around.names.next(title, around),
    env: Array.from(state.variables, ([key, value]) => `${key}=${value}`),
    proxyEnv: around.proxyEnv,
    cwd: state.cwd,
    user: state.user,
    network: instruction.network,
    security: instruction.security,
    devices: instruction.devices,
    layer: true,
    history: state.commit(`RUN ${historyText(state, args)} # buildkit`, { layer: true }),
  };
}
