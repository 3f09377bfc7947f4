import { Failure } from "../../core/errors.ts";
import type { BuildEvent, Engine } from "../../engine/api.ts";
import { ANSWERS, type Metadata } from "./answers.ts";
import { fetchInput } from "./build-input.ts";
import type { FrontendRequest } from "./frontend-attrs.ts";
import type { Job } from "./jobs.ts";
import { sessionCredentials } from "./session-credentials.ts";
import type { Sessions } from "./sessions.ts";
import { StatusWriter } from "./status-writer.ts";
import { buildError, type SourceText } from "./typed-errors.ts";

interface Parts {
  readonly engine: Pick<Engine, "builds">;
  readonly sessions: Sessions;
}
/** Answers a question about a Dockerfile, which comes from the client as for a build. Rejects with an RpcError that has its lines. */
export async function subrequest(
  parts: Parts,
  { job, wanted }: { readonly job: Job; readonly wanted: FrontendRequest },
  signal: AbortSignal,
): Promise<Metadata> {
  const answer = ANSWERS.get(wanted.subrequest ?? "");
  if (answer === undefined)
    throw new Failure("OPTION_UNSUPPORTED", { option: `requestid=${wanted.subrequest}` });
  const session = await parts.sessions.get(job.session, signal);
  let source: SourceText | undefined;
  const status = new StatusWriter({
    ref: job.ref,
    write: (one) => job.status.push(one),
    source: () => source,
  });
  try {
    const report = (event: BuildEvent): void => status.event(event);
    const { builds } = parts.engine;
    await using input = await fetchInput({ builds, session, request: wanted, report, signal });
    const { context, dockerfile, contexts } = input;
    source = dockerfile;
    const credentials = sessionCredentials(session, signal);
    return await answer(
      builds,
      { ...wanted.options, tags: [], context, dockerfile, contexts, credentials },
      signal,
    );
  } catch (error) {
    throw buildError(error, source);
  } finally {
    status.close();
  }
}
