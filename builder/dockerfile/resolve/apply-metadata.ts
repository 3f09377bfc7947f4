import type { Healthcheck } from "../../../image/config.ts";
import { cut, quote } from "../characters.ts";
import { formatDuration } from "../instructions/numbers.ts";
import type { Pair } from "../instructions/types.ts";
import { Problem } from "../problem.ts";
import { toExecute } from "./shell-form.ts";
import { isSignal } from "./signals.ts";
import { absolute, type StageState } from "./stage-state.ts";
import { commandTitle } from "./step-names.ts";
import type { Application, Outcome } from "./surroundings.ts";

// Instructions that change the image's configuration; WORKDIR also makes a folder.

const metadata = (state: StageState, text: string): Outcome => ({
  kind: "config",
  history: state.commit(text, { layer: false }),
});

const written = (pairs: readonly Pair[]): string =>
  pairs.map(({ key, value }) => ` ${key}=${value}`).join("");
/** Go's %v of a list of strings. */
const bracketed = (words: readonly string[]): string => `[${words.join(" ")}]`;

function withVariable(env: readonly string[], { key, value }: Pair): readonly string[] {
  const at = env.findIndex((entry) => cut(entry, "=")[0] === key);
  return at < 0 ? [...env, `${key}=${value}`] : env.with(at, `${key}=${value}`);
}

export const applyEnv: Application<"ENV"> = (state, { pairs }) => {
  for (const { key, value } of pairs) state.setVariable(key, value);
  state.configure({ Env: pairs.reduce(withVariable, state.config.Env ?? []) });
  return metadata(state, `ENV${written(pairs)}`);
};

export const applyLabel: Application<"LABEL"> = (state, { pairs }) => {
  const added = pairs.map(({ key, value }) => [key, value] as const);
  state.configure({ Labels: { ...state.config.Labels, ...Object.fromEntries(added) } });
  return metadata(state, `LABEL${written(pairs)}`);
};

export const applyCmd: Application<"CMD"> = (state, instruction) => {
  const Cmd = toExecute(state, instruction);
  state.configure({ Cmd, ArgsEscaped: true });
  return metadata(state, `CMD ${bracketed(Cmd.map(quote))}`);
};

/** Without a CMD of its own in this stage, an ENTRYPOINT takes away the one inherited. */
export const applyEntrypoint: Application<"ENTRYPOINT"> = (state, instruction) => {
  const Entrypoint = toExecute(state, instruction);
  const { Cmd, ...config } = state.config;
  state.config = { ...config, ...(state.lastOf.has("CMD") && Cmd !== undefined && { Cmd }), Entrypoint };
  return metadata(state, `ENTRYPOINT ${bracketed(Entrypoint.map(quote))}`);
};

const HEALTHCHECK_TIMES = ["Interval", "Timeout", "StartPeriod", "StartInterval"] as const;

export const applyHealthcheck: Application<"HEALTHCHECK"> = (state, { healthcheck }) => {
  state.configure({ Healthcheck: healthcheck });
  const times = HEALTHCHECK_TIMES.map((name) => `${name}:${formatDuration(healthcheck[name] ?? 0)}`);
  const { Test = [], Retries = 0 }: Healthcheck = healthcheck;
  return metadata(state, `HEALTHCHECK {Test:${bracketed(Test)} ${times.join(" ")} Retries:${Retries}}`);
};

export const applyVolume: Application<"VOLUME"> = (state, { paths }) => {
  if (paths.includes("")) throw new Problem("VOLUME specified can not be an empty string");
  const added = paths.map((path) => [path, {}] as const);
  state.configure({ Volumes: { ...state.config.Volumes, ...Object.fromEntries(added) } });
  return metadata(state, `VOLUME ${bracketed(paths)}`);
};

export const applyWorkdir: Application<"WORKDIR"> = (state, instruction, { names, lexer, onbuild }) => {
  const path = absolute(state.cwd, instruction.path);
  state.hasWorkdir = true;
  state.configure({ WorkingDir: path });
  const layer = path !== "/";
  const history = state.commit(`WORKDIR ${path}`, { layer });
  if (!layer) return { kind: "config", history };
  const name = names.next(commandTitle(instruction.code, state.variables, lexer), { onbuild });
  return { kind: "workdir", instruction, path, history, layer, name, cwd: path, user: state.user };
};

export const applyMaintainer: Application<"MAINTAINER"> = (state, { name }) => {
  state.setAuthor(name);
  return metadata(state, `MAINTAINER ${name}`);
};

export const applyOnbuild: Application<"ONBUILD"> = (state, { expression }) => {
  state.configure({ OnBuild: [...(state.config.OnBuild ?? []), expression] });
  return { kind: "config", history: undefined };
};

export const applyShell: Application<"SHELL"> = (state, { shell }) => {
  state.configure({ Shell: shell });
  return metadata(state, `SHELL ${bracketed(shell)}`);
};

export const applyStopSignal: Application<"STOPSIGNAL"> = (state, { signal }) => {
  if (!isSignal(signal)) throw new Problem(`invalid signal: ${signal}`);
  state.configure({ StopSignal: signal });
  return metadata(state, `STOPSIGNAL ${signal}`);
};

export const applyUser: Application<"USER"> = (state, { user }) => {
  state.configure({ User: user });
  return metadata(state, `USER ${user}`);
};
