import { untilDetached } from "../../core/detach-keys.ts";
import type { Attachment } from "../../engine/api.ts";
import type { Connection } from "../http/call.ts";
import type { StreamForm } from "../wire/frames.ts";

export interface CarryOptions {
  readonly stdin: boolean;
  readonly stdout: boolean;
  readonly stderr: boolean;
  readonly form: StreamForm;
  /** Typed on standard input they end the connection, not the process. */
  readonly detachKeys: Buffer;
  /** Whether the end of the client's input is the end of the process's. */
  readonly closesInput: boolean;
}

/**
 * Joins a connection and a process's standard streams until the process's output ends, the client detaches or goes away. The process goes on
 * without the client. Disposes the attachment.
 */
export async function carry(
  attachment: Attachment,
  connection: Connection,
  options: CarryOptions,
): Promise<void> {
  await using _attachment = attachment;
  const gone = new Promise<void>((resolve) => {
    // While the process was started the client may have gone.
    if (connection.signal.aborted) resolve();
    connection.signal.addEventListener("abort", () => resolve(), { once: true });
  });
  const output = copyOutput(attachment, connection, options);
  const input = copyInput(attachment, connection, options);
  await Promise.race([output, gone, input.then((detached) => (detached ? undefined : output))]);
}

async function copyOutput(
  attachment: Attachment,
  connection: Connection,
  options: CarryOptions,
): Promise<void> {
  for await (const { stream, data } of attachment.output)
    if (options[stream]) await connection.write(options.form.encode(stream, data));
}

/** True when the client detached. What comes for a process that takes no input is read all the same, so that the client's end is noticed. */
async function copyInput(
  attachment: Attachment,
  connection: Connection,
  options: CarryOptions,
): Promise<boolean> {
  if (!options.stdin) {
    for await (const _ of connection.input);
    return false;
  }
  const input = untilDetached(connection.input, options.detachKeys);
  for (;;) {
    const { done, value } = await input.next();
    if (done === true) {
      if (!value && options.closesInput) await attachment.closeInput();
      return value;
    }
    await attachment.write(value);
  }
}
