import { deferred } from "../../core/deferred.ts";
import { Failure } from "../../core/errors.ts";
import type { ByteStream } from "../../core/streams.ts";
import type { BuildEvent, BuildResult } from "../../engine/api.ts";
import { Feed } from "../streams/feed.ts";
import { type BuildMessage, ClassicTranscript, failureMessage } from "./classic-transcript.ts";

export interface ClassicBuild {
  /** Must stop everything it began when the signal aborts, and then reject. */
  readonly run: (report: (event: BuildEvent) => void, signal: AbortSignal) => Promise<BuildResult>;
  /** Only the id of the image is told. */
  readonly quiet: boolean;
  readonly signal: AbortSignal;
}

/** Messages that a client may be behind; then output is left out. */
const BACKLOG = 4096;
const CLIPPED = { stream: "[output clipped: it is read too slowly]\n" } as const;

/**
 * Runs a build and tells it line by line. Resolves when there is something to tell; rejects with what is wrong with the request itself
 * or its Dockerfile. Everything else that fails is the last line of the stream.
 */
export async function classicBuild({ run, quiet, signal }: ClassicBuild): Promise<ByteStream> {
  const feed = new Feed<BuildMessage>();
  const begun = deferred();
  let told = false;
  const tell = (message: BuildMessage): void => {
    if (feed.backlog < BACKLOG || !("stream" in message)) feed.push(message);
    else if (feed.backlog === BACKLOG) feed.push(CLIPPED);
    told = true;
    begun.resolve();
  };
  const transcript = new ClassicTranscript(tell);
  const report = (event: BuildEvent): void => (quiet ? undefined : transcript.event(event));
  const work = async (): Promise<void> => {
    try {
      const result = await run(report, AbortSignal.any([signal, feed.signal]));
      if (quiet) tell({ stream: `${result.image}\n` });
      else transcript.done(result);
    } catch (error) {
      if (!told && isRefusal(error)) begun.reject(error);
      else tell(failureMessage(error));
    } finally {
      feed.end();
    }
  };
  void work();
  await begun.promise;
  return lines(feed);
}

/** Codes of what is wrong with the request rather than with what is built. */
const REFUSAL =
  /^(?:DOCKERFILE_(?:INVALID|UNSUPPORTED|UNREADABLE)|REFERENCE_INVALID|OPTIONS?_|PLATFORM_INVALID|CONTAINER_CONFIG_INVALID)/;

/** Whether nothing was built: the engine then answers with a status instead of a stream. */
const isRefusal = (error: unknown): boolean => error instanceof Failure && REFUSAL.test(error.code);

async function* lines(messages: AsyncIterable<BuildMessage>): AsyncGenerator<Uint8Array> {
  for await (const message of messages) yield Buffer.from(`${JSON.stringify(message)}\r\n`);
}
