import { type Step, tenths } from "./steps.ts";
import { clip, harmless, widthOf } from "./width.ts";

export interface Frame {
  readonly steps: readonly Step[];
  /** What a running or failed step shows below itself, oldest first. */
  readonly linesOf: (step: Step) => readonly string[];
  readonly elapsedMs: number;
  readonly now: number;
  readonly columns: number;
  readonly rows: number;
  readonly color: boolean;
  /** The last frame lists every step and no output but that of failures. */
  readonly final: boolean;
}

const paint = (on: boolean, code: number, text: string): string =>
  on ? `\x1b[${code}m${text}\x1b[0m` : text;
const RED = 31;
const BLUE = 34;
const FAINT = 2;

/**
 * The lines of one picture of the build, at most `rows` - 1 of them, none wider than the terminal. What runs comes first: its output
 * displaces steps that are done.
 */
export function renderFrame(frame: Frame): readonly string[] {
  const started = frame.steps.filter((step) => step.started !== undefined);
  const finished = started.filter((step) => step.finished !== undefined);
  const failed = finished.some((step) => step.error !== undefined);
  const state = !frame.final ? "" : failed ? " ERROR" : " FINISHED";
  const counts = `(${finished.length}/${frame.steps.length})`;
  const header = clip(`[+] Building ${tenths(frame.elapsedMs)}s ${counts}${state}`, frame.columns);
  // One row stays free for the cursor.
  const room = Math.max(1, frame.rows - 2);
  const talking = started.filter((step) => isTalking(frame, step));
  const wanted = talking.reduce((sum, step) => sum + frame.linesOf(step).length, 0);
  const visible = selectSteps(started, Math.max(Math.min(talking.length, room), room - wanted));
  const tails = shareRoom(frame, visible, room - visible.length);
  return [
    frame.final ? paint(frame.color, failed ? RED : BLUE, header) : header,
    ...visible.flatMap((step) => [stepLine(frame, step), ...(tails.get(step) ?? [])]),
  ];
}

/** All if they fit; else those that run or failed and the latest of the others, in order. */
function selectSteps(started: readonly Step[], room: number): readonly Step[] {
  if (started.length <= room) return started;
  const active = started
    .filter((step) => step.finished === undefined || step.error !== undefined)
    .slice(0, room);
  const chosen = new Set(active);
  for (const step of started.toReversed()) {
    if (chosen.size >= room) break;
    chosen.add(step);
  }
  return started.filter((step) => chosen.has(step));
}

/** Divides the free rows evenly among the steps that have something to show. */
function shareRoom(
  frame: Frame,
  visible: readonly Step[],
  free: number,
): ReadonlyMap<Step, readonly string[]> {
  const talking = visible.filter((step) => isTalking(frame, step) && frame.linesOf(step).length > 0);
  const tails = new Map<Step, readonly string[]>();
  let left = free;
  for (const [i, step] of talking.entries()) {
    const share = Math.floor(left / (talking.length - i));
    const lines = share > 0 ? frame.linesOf(step).slice(-share) : [];
    left -= lines.length;
    tails.set(
      step,
      lines.map((line) => paint(frame.color, FAINT, clip(` => => # ${line}`, frame.columns))),
    );
  }
  return tails;
}

const isTalking = (frame: Frame, { finished, error }: Step): boolean =>
  error !== undefined || (finished === undefined && !frame.final);

function stepLine(frame: Frame, step: Step): string {
  const end = step.finished ?? frame.now;
  const time = `${tenths(end - (step.started ?? end))}s`;
  const label = step.error !== undefined ? "ERROR " : step.cached ? "CACHED " : "";
  const width = Math.max(0, frame.columns - time.length - 1);
  const left = clip(` => ${label}${harmless(step.name)}`, width);
  const line = `${left}${" ".repeat(Math.max(0, width - widthOf(left)) + 1)}${time}`;
  if (step.finished === undefined) return line;
  return paint(frame.color, step.error === undefined ? BLUE : RED, line);
}
