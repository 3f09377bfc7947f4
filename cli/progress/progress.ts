import { Failure } from "../../core/errors.ts";
import type { BuildEvent } from "../../engine/api.ts";

export const PROGRESS_MODES = ["auto", "plain", "tty", "rawjson", "quiet"] as const;
export type ProgressMode = (typeof PROGRESS_MODES)[number];

/** The part of a terminal or file a renderer writes to; process.stderr is one. */
export interface ProgressStream {
  readonly isTTY?: boolean;
  readonly columns?: number;
  readonly rows?: number;
  write(text: string): unknown;
}

export interface Progress {
  /** Takes the events of one build, in order. Never throws, never waits. */
  report(event: BuildEvent): void;
  /** Writes what is left and gives the terminal back. Idempotent. */
  close(): void;
}

export interface ProgressOptions {
  /** Looked at for NO_COLOR, TERM and BUILDKIT_PROGRESS; empty when absent. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Milliseconds since the epoch. */
  readonly now?: () => number;
}

/**
 * Opens the renderer of a build: "auto" is the live view on a terminal, plain text elsewhere; BUILDKIT_PROGRESS chooses in its place.
 * Renderers are loaded when they are chosen.
 */
export async function createProgress(
  mode: ProgressMode,
  stream: ProgressStream,
  options: ProgressOptions = {},
): Promise<Progress> {
  const env = options.env ?? {};
  return RENDERERS[choose(mode, stream, env)](stream, { env, now: options.now ?? Date.now });
}

type Environment = NonNullable<ProgressOptions["env"]>;
type Chosen = Exclude<ProgressMode, "auto">;

function choose(mode: ProgressMode, stream: ProgressStream, env: Environment): Chosen {
  if (mode !== "auto") return mode;
  const wanted = PROGRESS_MODES.find((name) => name === env["BUILDKIT_PROGRESS"]);
  if (wanted !== undefined && wanted !== "auto") return wanted;
  return stream.isTTY === true && env["TERM"] !== "dumb" ? "tty" : "plain";
}

const RENDERERS: Readonly<
  Record<Chosen, (stream: ProgressStream, options: Required<ProgressOptions>) => Promise<Progress>>
> = {
  plain: async (stream) => new (await import("./plain.ts")).PlainProgress(stream),
  tty: async (stream, { env, now }) => {
    const { TtyProgress } = await import("./tty.ts");
    return new TtyProgress(stream, { color: (env["NO_COLOR"] ?? "") === "", now });
  },
  rawjson: async (stream) => new (await import("./raw-json.ts")).RawJsonProgress(stream),
  quiet: async () => ({ report: () => {}, close: () => {} }),
};

/** The value of `--progress`. Throws OPTION_INVALID. */
export function readProgressMode(text: string): ProgressMode {
  const mode = PROGRESS_MODES.find((name) => name === text);
  if (mode !== undefined) return mode;
  throw new Failure("OPTION_INVALID", { option: "--progress", got: text, want: PROGRESS_MODES.join(", ") });
}
