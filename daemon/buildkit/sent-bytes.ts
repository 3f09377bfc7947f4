import { Failure } from "../../core/errors.ts";
import type { ByteStream } from "../../core/streams.ts";
import { BYTES } from "../../wire/buildkit/session.ts";
import type { Transfer } from "./received-files.ts";
import { drain, openSendCall, pieces } from "./send-call.ts";
import type { Session } from "./sessions.ts";

/** Sends a file that the client writes. Resolves when it is written. Rejects with what the client says went wrong, and SESSION_BROKEN. */
export async function sendBytes(
  session: Session,
  position: number,
  open: () => ByteStream,
  { report, signal }: Transfer,
): Promise<void> {
  await using talk = openSendCall(session, position, BYTES, signal);
  const over = drain(talk.messages);
  // A client that cannot write ends the call while it is sent to.
  const early = over.then(() => {
    throw new Failure("SESSION_BROKEN", { why: "the client took a part of the file" });
  });
  early.catch(() => undefined);
  let bytes = 0;
  for await (const chunk of open())
    for (const data of pieces(chunk)) {
      await Promise.race([talk.send({ data }), early]);
      bytes += data.byteLength;
      report(bytes);
    }
  talk.end();
  await over;
}
