import { randomUUID } from "node:crypto";
import { createReadStream } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { looksLikeArchive, peek } from "../../core/archive-head.ts";
import { isRemoteContext } from "../../core/build-context.ts";
import { Failure } from "../../core/errors.ts";
import type { Abortable, ByteStream } from "../../core/streams.ts";
import { writeFileFrom } from "../../core/write-file.ts";
import type { BuildRequest, FetchedContext } from "../../engine/api.ts";
import { BYTES } from "../../wire/buildkit/session.ts";
import { type Rpc, talking } from "../../wire/grpc/service.ts";

/** By such addresses daemons ask for what the session uploads. */
const SESSION = "http://buildkit-session/";

/** True of a context that the daemon fetches itself, with the Dockerfile in it. */
export const isElsewhere = ({ context }: Pick<BuildRequest, "context">): boolean => isRemoteContext(context);

/** A context that is elsewhere: the daemon fetches it, and reads the Dockerfile in it. */
export const contextAt = (url: string): FetchedContext => ({
  directory: url,
  readText: () => "",
  [Symbol.asyncDispose]: () => Promise.resolve(),
});

/** Archives that daemons are sent as they are. They are kept on the disk: a build may be asked for twice. */
export class Uploads {
  readonly #files = new Map<string, string>();

  /** An archive without entries is an empty folder. */
  async receive(tar: ByteStream, { signal }: Abortable = {}): Promise<FetchedContext> {
    const folder = await mkdtemp(join(tmpdir(), "slipway-context-"));
    const path = `/${randomUUID()}`;
    const dispose = async (): Promise<void> => {
      this.#files.delete(path);
      await rm(folder, { recursive: true, force: true });
    };
    try {
      const { head, stream } = await peek(tar);
      if (!looksLikeArchive(head)) return { ...contextAt(folder), [Symbol.asyncDispose]: dispose };
      const file = join(folder, "context.tar");
      await writeFileFrom(file, stream, { mode: 0o600, ...(signal === undefined ? {} : { signal }) });
      this.#files.set(path, file);
      return { ...contextAt(`${SESSION}${path.slice(1)}`), [Symbol.asyncDispose]: dispose };
    } catch (error) {
      await dispose();
      if (signal?.aborted !== true) throw error;
      throw new Failure("CANCELLED", { what: "the upload of the build context" }, { cause: error });
    }
  }

  /** moby.upload.v1.Upload: gives an archive to whoever names it. */
  get rpcs(): readonly Rpc[] {
    return [
      talking("Pull", BYTES, BYTES, async ({ headers, send }) => {
        const [path = ""] = headers("urlpath");
        const file = this.#files.get(path);
        if (file === undefined)
          throw new Failure("DAEMON_ANSWER_INVALID", { why: `it asks for the upload ${path}` });
        for await (const data of createReadStream(file)) await send({ data: data as Buffer });
      }),
    ];
  }
}
