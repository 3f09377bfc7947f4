import type { Digest } from "../../core/digest.ts";
import { Failure } from "../../core/errors.ts";
import type { Abortable, ByteStream } from "../../core/streams.ts";
import type { LayoutSource } from "../../engine/api.ts";
import { READ_CONTENT_REQUEST, READ_CONTENT_RESPONSE } from "../../wire/buildkit/session.ts";
import type { Session } from "./sessions.ts";

const METHOD = "/containerd.services.content.v1.Content/Read";
/** Says which of the client's stores is meant. */
const STORE = "buildkit-attachable-store-id";

/** An image in an OCI layout that the client lends as a store of blobs. */
export const sessionLayout = (
  session: Session,
  { store, digest }: { readonly store: string; readonly digest: Digest },
): LayoutSource => ({ digest, blob: (blob, options) => readBlob(session, { store, digest: blob }, options) });

async function* readBlob(
  { channel, serves }: Session,
  { store, digest }: { readonly store: string; readonly digest: Digest },
  { signal }: Abortable = {},
): ByteStream {
  if (!serves(METHOD)) throw new Failure("SESSION_BROKEN", { why: "the client lends no blobs" });
  const types = { request: READ_CONTENT_REQUEST, response: READ_CONTENT_RESPONSE };
  const headers = { [STORE]: `oci:${store}` };
  await using talk = channel.converse(METHOD, types, {
    headers,
    ...(signal === undefined ? {} : { signal }),
  });
  await talk.send({ digest });
  talk.end();
  for await (const { data } of talk.messages) yield data;
}
