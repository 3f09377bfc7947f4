import { join } from "node:path";
import { isCode } from "../core/errors.ts";
import { newId } from "../core/ids.ts";
import type { Attachment } from "./containers/attachment.ts";
import { ProcessSession } from "./containers/process-session.ts";
import type { Launched, LaunchIo } from "./launch/launcher.ts";
import { connectShim } from "./launch/shim.ts";
import type { TerminalSize } from "./terminal-size.ts";

/** A command with somebody connected to it. Disposing ends it and everything it started. */
export interface TransientSession extends Attachment {
  /** The shell status of the command, once it has ended. */
  wait(): Promise<number>;
}

const SIGKILL = 9;

/** What the launcher needs to stay as the shim of a command, and the session that connects to it. */
export function shimSession({
  folder,
  terminal,
}: {
  readonly folder: string;
  readonly terminal?: TerminalSize;
}): { readonly io: Extract<LaunchIo, { readonly kind: "shim" }>; readonly session: ProcessSession } {
  const files = { socket: join(folder, "shim.sock"), exit: join(folder, "exit") };
  const session = new ProcessSession(newId(), files, { stdin: true, ended: () => {} });
  const io = {
    kind: "shim",
    socket: files.socket,
    exitFile: files.exit,
    openStdin: true,
    // What is read by nobody ends with whoever wrote to it.
    stdinOnce: true,
    ...(terminal === undefined ? {} : { terminal }),
  } as const;
  return { io, session };
}

/** A shim that is gone has nothing left to end. */
async function kill(socket: string): Promise<void> {
  try {
    await using client = await connectShim(socket);
    await client.signal(SIGKILL);
  } catch (error) {
    if (!isCode(error, "SHIM_UNREACHABLE")) throw error;
  }
}

/** The session, which when it is disposed ends the command and then gives back what that held. */
export function endSession(
  { session, io: { socket } }: ReturnType<typeof shimSession>,
  launched: Launched,
  release: () => Promise<void>,
): TransientSession {
  let ended = false;
  // Asked for no sooner than somebody wants to know: a shim that has told of the end may go with output that nobody has read.
  const wait = (): Promise<number> =>
    session.wait().finally(() => {
      ended = true;
    });
  return {
    output: session.output,
    write: (data) => session.write(data),
    closeInput: () => session.closeInput(),
    resize: (columns, rows) => session.resize(columns, rows),
    wait,
    async [Symbol.asyncDispose]() {
      // First: a shim waits with its end for clients that do not read.
      await session[Symbol.asyncDispose]();
      if (!ended) await kill(socket);
      await wait();
      await launched[Symbol.asyncDispose]();
      await release();
    },
  };
}
