import { Failure } from "../../core/errors.ts";
import { PACKET, PACKET_TYPES, type Packet } from "../../wire/buildkit/session.ts";
import { type Rpc, type RpcTalk, talking } from "../../wire/grpc/service.ts";
import type { LentEntry, LentFolder, WantedFiles } from "./folder.ts";
import type { BuildTools } from "./tools.ts";

type SentPacket = Parameters<typeof PACKET.encode>[0];
type Talk = RpcTalk<Packet, SentPacket>;

/** Longest piece of a file in one message. */
const PIECE = 1 << 20;

/**
 * moby.filesync.v1.FileSync: gives a build the folders it may read, by their names. All files are listed, and the content of each that is asked
 * for is sent. https://github.com/tonistiigi/fsutil/blob/master/send.go
 */
export const fileSync = (folders: ReadonlyMap<string, LentFolder>, tools: BuildTools): readonly Rpc[] => [
  talking("DiffCopy", PACKET, PACKET, async (talk) => {
    const [name = ""] = talk.headers("dir-name");
    const folder = folders.get(name);
    if (folder === undefined)
      throw new Failure("DAEMON_ANSWER_INVALID", { why: `it asks for the folder ${name}` });
    await lend(folder(wantedFiles(talk, tools)), talk);
  }),
];

function wantedFiles({ headers }: Talk, tools: BuildTools): WantedFiles {
  return {
    follow: listOf(headers, "followpaths"),
    ignore: tools.parseIgnore(listOf(headers, "exclude-patterns").join("\n")),
  };
}

/** Headers are ASCII: with a mark beside them, values are encoded. Those that are repeated arrive joined by a comma and a blank. */
function listOf(headers: Talk["headers"], name: string): readonly string[] {
  const values = headers(name).flatMap((value) => value.split(", "));
  return headers(`${name}-encoded`)[0] === "1" ? values.map(decodeURIComponent) : values;
}

async function lend(entries: AsyncIterable<LentEntry>, talk: Talk): Promise<void> {
  const contents: (LentEntry["content"] | undefined)[] = [];
  const listed = (async () => {
    for await (const { stat, content } of entries) {
      contents.push(content);
      await talk.send({ type: PACKET_TYPES.stat, stat });
    }
    await talk.send({ type: PACKET_TYPES.stat });
  })();
  // Told to who asks at the end, or with the first content.
  listed.catch(() => undefined);
  for await (const { type, id, data } of talk.messages) {
    if (type === PACKET_TYPES.error)
      throw new Failure("DAEMON_FAILED", { message: Buffer.from(data).toString() });
    if (type === PACKET_TYPES.request) await sendContent(talk, id, contents[id]);
    if (type !== PACKET_TYPES.end) continue;
    await listed;
    return talk.send({ type: PACKET_TYPES.end });
  }
}

/** An empty piece ends a file. */
async function sendContent({ send }: Talk, id: number, content: LentEntry["content"]): Promise<void> {
  if (content === undefined)
    throw new Failure("DAEMON_ANSWER_INVALID", { why: `it asks for the content of ${id}, which is no file` });
  for await (const chunk of content())
    for (let start = 0; start < chunk.byteLength; start += PIECE)
      await send({ type: PACKET_TYPES.data, id, data: chunk.subarray(start, start + PIECE) });
  await send({ type: PACKET_TYPES.data, id });
}
