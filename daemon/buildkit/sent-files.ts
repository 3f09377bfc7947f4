import { deferred } from "../../core/deferred.ts";
import { Failure } from "../../core/errors.ts";
import type { ByteStream } from "../../core/streams.ts";
import { PACKET, PACKET_TYPES, type Packet } from "../../wire/buildkit/session.ts";
import type { Transfer } from "./received-files.ts";
import { entriesOf, type Listing, listEntries } from "./result-listing.ts";
import { drain, openSendCall, pieces } from "./send-call.ts";
import type { Session } from "./sessions.ts";

const broken = (why: string): Failure => new Failure("SESSION_BROKEN", { why });

/**
 * Sends the files of a tar into a folder of the client. They are all listed, in order, and the client asks for the content of each; a tar cannot
 * be read in that order, so it is opened twice: for the list, and for the contents. Rejects with what the client says went wrong, and SESSION_BROKEN.
 * https://github.com/tonistiigi/fsutil/blob/master/send.go
 */
export async function sendFiles(
  session: Session,
  position: number,
  open: () => ByteStream,
  { report, signal }: Transfer,
): Promise<void> {
  const { entries, ids } = await listEntries(open());
  await using talk = openSendCall(session, position, PACKET, signal);
  const packets = talk.messages[Symbol.asyncIterator]();
  const { asked, ended } = requestsOf(packets, ids);
  ended.catch(() => undefined);
  // A client that cannot write says so while it is sent to.
  const send = (packet: Parameters<typeof PACKET.encode>[0]) => Promise.race([talk.send(packet), ended]);

  for (const stat of entries) await send({ type: PACKET_TYPES.stat, stat });
  await talk.send({ type: PACKET_TYPES.stat });
  const isWanted = await Promise.race([asked.then(() => true), ended.then(() => false)]);
  if (isWanted) await sendContents(open(), ids, { send, report });
  await ended;
  await talk.send({ type: PACKET_TYPES.end });
  talk.end();
  await drain({ [Symbol.asyncIterator]: () => packets });
}

/** `asked`: every file was asked for, as clients do that write to a folder. `ended`: the client has all it wants. */
function requestsOf(
  packets: AsyncIterator<Packet>,
  ids: Listing["ids"],
): { readonly asked: Promise<void>; readonly ended: Promise<void> } {
  const missing = new Set(ids.values());
  const asked = deferred();
  const read = async (): Promise<void> => {
    for (;;) {
      const { done, value } = await packets.next();
      if (done === true) throw broken("it ended before the files were sent");
      if (value.type === PACKET_TYPES.error) throw broken(Buffer.from(value.data).toString("utf8"));
      if (value.type === PACKET_TYPES.end) return;
      if (value.type !== PACKET_TYPES.request || !missing.delete(value.id))
        throw broken(`it asked for the content of ${value.id}, which is no file, or twice`);
      if (missing.size === 0) asked.resolve();
    }
  };
  return { asked: asked.promise, ended: read() };
}

interface Contents {
  readonly send: (packet: Parameters<typeof PACKET.encode>[0]) => Promise<void>;
  readonly report: Transfer["report"];
}

/** An empty piece ends a file. */
async function sendContents(tar: ByteStream, ids: Listing["ids"], { send, report }: Contents): Promise<void> {
  let bytes = 0;
  for await (const { name, content } of entriesOf(tar)) {
    const id = ids.get(name);
    if (id === undefined) continue;
    for await (const chunk of content)
      for (const data of pieces(chunk)) {
        await send({ type: PACKET_TYPES.data, id, data });
        bytes += data.byteLength;
        report(bytes);
      }
    await send({ type: PACKET_TYPES.data, id });
  }
}
