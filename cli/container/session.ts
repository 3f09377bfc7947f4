import { untilDetached } from "../../core/detach-keys.ts";
import { Failure } from "../../core/errors.ts";
import type { Attachment } from "../../engine/api.ts";
import { type Context, write } from "../context.ts";
import type { Streams } from "./config.ts";

export interface SessionOptions {
  readonly streams: Streams;
  readonly tty: boolean;
  readonly detachKeys: Buffer;
}

/**
 * Connects this process's standard streams to an attachment until the other side's output ends or the user detaches.
 * The terminal is raw meanwhile and its size follows ours.
 */
export async function runSession(
  context: Context,
  attachment: Attachment,
  options: SessionOptions,
): Promise<"ended" | "detached"> {
  using _raw =
    options.tty && options.streams.stdin && context.stdin().isTTY === true
      ? await context.rawMode()
      : undefined;
  using _size = options.tty ? followSize(context, attachment) : undefined;
  const output = copyOutput(context, attachment, options.streams);
  if (!options.streams.stdin) {
    await output;
    return "ended";
  }
  const detached = copyInput(context, attachment, options);
  const outcome = await Promise.race([
    output.then(() => false),
    detached.then((yes) => yes || output.then(() => false)),
  ]);
  context.stdin().pause();
  return outcome ? "detached" : "ended";
}

/** docker refuses `-it` when input is a file or a pipe, before anything is created. */
export function requireTerminal(context: Context, tty: boolean, stdin: boolean): void {
  if (tty && stdin && context.stdin().isTTY !== true) throw new Failure("TERMINAL_REQUIRED", {});
}

async function copyOutput(context: Context, attachment: Attachment, streams: Streams): Promise<void> {
  for await (const { stream, data } of attachment.output) {
    if (stream === "stdout" ? streams.stdout : streams.stderr) await write(context[stream], data);
  }
}

/** True when the user detached; after the end of our input the other side's is closed and it goes on without. */
async function copyInput(
  context: Context,
  attachment: Attachment,
  options: SessionOptions,
): Promise<boolean> {
  const keys = options.tty ? options.detachKeys : Buffer.alloc(0);
  const input = untilDetached(context.stdin() as AsyncIterable<Uint8Array>, keys);
  try {
    for (let next = await input.next(); ; next = await input.next()) {
      if (next.done === true) {
        if (!next.value) await attachment.closeInput();
        return next.value;
      }
      await attachment.write(next.value);
    }
  } catch (error) {
    // The process may close its input, or end, while we still write: its output tells the outcome.
    if (error instanceof Failure || (error as NodeJS.ErrnoException).code !== undefined) return false;
    throw error;
  }
}

/** Gives the attachment the size of our terminal, now and whenever it changes. */
function followSize(context: Context, attachment: Attachment): Disposable {
  const resize = () => {
    const { columns, rows } = context.stdout;
    // A size that comes too late is of no use to anybody.
    if (columns !== undefined && rows !== undefined) attachment.resize(columns, rows).catch(() => undefined);
  };
  context.signals.on("SIGWINCH", resize);
  resize();
  return { [Symbol.dispose]: () => context.signals.off("SIGWINCH", resize) };
}
