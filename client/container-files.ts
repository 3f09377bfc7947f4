import { Failure, isCode } from "../core/errors.ts";
import type { Abortable, ByteStream } from "../core/streams.ts";
import type { ContainerService, PathStat } from "../engine/api.ts";
import { number, text } from "./http/fields.ts";
import { segment } from "./http/query.ts";
import type { ApiAnswer, Transport } from "./http/transport.ts";

type Change = Awaited<ReturnType<ContainerService["changes"]>>[number];
type WriteOptions = NonNullable<Parameters<ContainerService["writeArchive"]>[3]>;

/** Docker Engine API 1.51 "ChangeType". */
const KINDS: readonly Change["kind"][] = ["modified", "added", "deleted"];

const archive = (container: string): string => `/containers/${segment(container)}/archive`;

/** Rejects with CONTAINER_PATH_UNKNOWN. */
export async function statPath(transport: Transport, container: string, path: string): Promise<PathStat> {
  const answer = await transport
    .send({ method: "HEAD", path: archive(container), query: { path } })
    .catch((error: unknown) => {
      // An answer without content has no words.
      throw isCode(error, "DAEMON_NOT_FOUND")
        ? new Failure("CONTAINER_PATH_UNKNOWN", { container, path })
        : error;
    });
  answer.body.resume();
  return readStat(answer);
}

export async function readArchive(
  transport: Transport,
  container: string,
  { path, ...options }: { readonly path: string } & Abortable,
): Promise<{ readonly stat: PathStat; readonly tar: ByteStream }> {
  const answer = await transport.send({ method: "GET", path: archive(container), query: { path } }, options);
  return { stat: readStat(answer), tar: transport.bytes(answer.body, options) };
}

export function writeArchive(
  transport: Transport,
  container: string,
  { path, tar, ...options }: { readonly path: string; readonly tar: ByteStream } & WriteOptions,
): Promise<void> {
  const { copyOwner: copyUIDGID, keepDirectories: noOverwriteDirNonDir, ...abortable } = options;
  return transport.done(
    {
      method: "PUT",
      path: archive(container),
      query: { path, copyUIDGID, noOverwriteDirNonDir },
      headers: { "content-type": "application/x-tar" },
      stream: tar,
    },
    abortable,
  );
}

export async function changes(transport: Transport, container: string): Promise<readonly Change[]> {
  const path = `/containers/${segment(container)}/changes`;
  return (await transport.documents({ method: "GET", path })).map((document) => ({
    path: text(document, "Path"),
    kind: KINDS[number(document, "Kind")] ?? "modified",
  }));
}

function readStat({ headers }: ApiAnswer): PathStat {
  const header = headers["x-docker-container-path-stat"];
  try {
    const document = JSON.parse(Buffer.from(String(header), "base64").toString());
    return {
      name: text(document, "name"),
      size: number(document, "size"),
      mode: number(document, "mode"),
      mtime: text(document, "mtime"),
      linkTarget: text(document, "linkTarget"),
    };
  } catch (cause) {
    throw new Failure("DAEMON_ANSWER_INVALID", { why: "it does not say what is at the path" }, { cause });
  }
}
