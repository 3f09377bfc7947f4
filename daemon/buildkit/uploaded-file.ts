import { Failure } from "../../core/errors.ts";
import type { ByteStream } from "../../core/streams.ts";
import { BYTES } from "../../wire/buildkit/session.ts";
import type { Transfer } from "./received-files.ts";
import type { Session } from "./sessions.ts";

const METHOD = "/moby.upload.v1.Upload/Pull";

/** A file that the client has ready under a path of its own making. */
export async function* uploadedFile(session: Session, path: string, transfer: Transfer): ByteStream {
  if (!session.serves(METHOD)) throw new Failure("SESSION_BROKEN", { why: "the client uploads no files" });
  await using talk = session.channel.converse(
    METHOD,
    { request: BYTES, response: BYTES },
    { headers: { urlpath: path, urlhost: "buildkit-session" }, signal: transfer.signal },
  );
  talk.end();
  let bytes = 0;
  for await (const { data } of talk.messages) {
    bytes += data.byteLength;
    transfer.report(bytes);
    yield data;
  }
}
