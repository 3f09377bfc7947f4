import { Failure } from "../../core/errors.ts";
import type { BuildEvent, BuildRequest, Engine } from "../../engine/api.ts";
import { LINT } from "../../wire/buildkit/lint.ts";
import { fetchInput } from "./build-input.ts";
import type { FrontendRequest } from "./frontend-attrs.ts";
import type { Job } from "./jobs.ts";
import { sessionCredentials } from "./session-credentials.ts";
import type { Sessions } from "./sessions.ts";
import { StatusWriter } from "./status-writer.ts";
import { buildError, type SourceText } from "./typed-errors.ts";

type Warning = Extract<BuildEvent, { readonly type: "warning" }>;
type Metadata = ReadonlyMap<string, Uint8Array>;

interface Parts {
  readonly engine: Pick<Engine, "builds">;
  readonly sessions: Sessions;
}
type Answer = (parts: Parts, request: BuildRequest, signal: AbortSignal) => Promise<Metadata>;

/** What is asked of the frontend in place of a build, by its id. */
const SUBREQUESTS: Readonly<Record<string, Answer>> = {
  [LINT.id]: async ({ engine }, request, signal) => {
    const warnings: Warning[] = [];
    const report = (event: BuildEvent): void => {
      if (event.type === "warning") warnings.push(event);
    };
    await engine.builds.check(request, report, { signal });
    return lintMetadata(warnings, request.dockerfile);
  },
};

/** Answers a question about a Dockerfile, which comes from the client as for a build. Rejects with an RpcError that has its lines. */
export async function subrequest(
  parts: Parts,
  { job, wanted }: { readonly job: Job; readonly wanted: FrontendRequest },
  signal: AbortSignal,
): Promise<Metadata> {
  const answer = SUBREQUESTS[wanted.subrequest ?? ""];
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
      parts,
      { ...wanted.options, tags: [], context, dockerfile, contexts, credentials },
      signal,
    );
  } catch (error) {
    throw buildError(error, source);
  } finally {
    status.close();
  }
}

function lintMetadata(found: readonly Warning[], dockerfile: BuildRequest["dockerfile"]): Metadata {
  const { name: filename, text } = dockerfile;
  const warnings = found.map(({ rule = "", url, message, at }) => ({
    ruleName: rule,
    ...(url === undefined ? {} : { url }),
    detail: message,
    ...(at === undefined ? {} : { location: locationOf(at) }),
  }));
  const data = Buffer.from(text).toString("base64");
  const json = { warnings, sources: [{ filename, data, language: "Dockerfile" }] };
  const lines = found.map(
    ({ rule = "", message, at }) => `${at?.file ?? filename}:${at?.line ?? 0}: ${rule}: ${message}\n`,
  );
  return new Map([
    ["result.json", Buffer.from(JSON.stringify(json))],
    ["result.txt", Buffer.from(lines.join(""))],
    ["version", Buffer.from(LINT.version)],
    ["result.statuscode", Buffer.from(found.length === 0 ? "0" : "1")],
  ]);
}

const locationOf = ({ line, endLine }: NonNullable<Warning["at"]>) => ({
  ranges: [{ start: { line }, end: { line: endLine } }],
});
