import { randomUUID } from "node:crypto";
import { aboveTls } from "../../core/above-tls.ts";
import { Failure } from "../../core/errors.ts";
import type { Abortable } from "../../core/streams.ts";
import type { BuildEvent, BuildRequest } from "../../engine/api.ts";
import { SOLVE_REQUEST, SOLVE_RESPONSE } from "../../wire/buildkit/control.ts";
import * as gateway from "../../wire/buildkit/gateway.ts";
import { LINT, LINT_RESULTS, type LintResults } from "../../wire/buildkit/lint.ts";
import { Channel } from "../../wire/grpc/channel.ts";
import { buildFailure } from "./failure.ts";
import { type BuildParts, lentServices, SOLVE } from "./run-build.ts";
import { openSession } from "./session.ts";
import { solveRequest } from "./solve-request.ts";

const BRIDGE = "/moby.buildkit.v1.frontend.LLBBridge";
const QUESTION = { request: gateway.SOLVE_REQUEST, response: gateway.SOLVE_RESPONSE };
const RETURN = { request: gateway.RETURN_REQUEST, response: gateway.EMPTY };

/** Asks the frontend what it has to say of a Dockerfile, and reports it as warnings. */
export async function runCheck(
  parts: BuildParts,
  {
    request,
    report,
    ...options
  }: { readonly request: BuildRequest; readonly report: (event: BuildEvent) => void } & Abortable,
): Promise<void> {
  const ref = randomUUID();
  const { frontendAttrs = new Map(), ...asked } = solveRequest(request, { ref, attrs: new Map() });
  using session = await openSession(parts.transport, lentServices(parts, request));
  const socket = await parts.transport.hijack({ method: "POST", path: "/grpc" }, "h2c");
  using channel = new Channel(aboveTls(socket));
  // A build whose frontend is this side's: it lasts until that has returned.
  const own = { ref, session: session.id, entitlements: asked.entitlements ?? [] };
  const solving = channel.call(SOLVE, { request: SOLVE_REQUEST, response: SOLVE_RESPONSE }, own, options);
  solving.catch(() => undefined);
  const within = { ...options, headers: { "buildkit-controlapi-buildid": ref } };
  try {
    const frontendOpt = new Map([...frontendAttrs, ["requestid", LINT.id]]);
    const question = { frontend: "dockerfile.v0", frontendOpt, allowResultReturn: true };
    const { result } = await channel.call(`${BRIDGE}/Solve`, QUESTION, question, within);
    await channel.call(`${BRIDGE}/Return`, RETURN, { result: {} }, within);
    await solving;
    for (const event of warningsOf(readResults(result?.metadata.get("result.json")))) report(event);
  } catch (error) {
    if (options.signal?.aborted === true)
      throw new Failure("CANCELLED", { what: "the build" }, { cause: error });
    const { dockerfile } = request;
    throw buildFailure(error, { dockerfile, output: "", tools: parts.tools });
  }
}

function readResults(json: Uint8Array | undefined): LintResults {
  try {
    return LINT_RESULTS.parse(JSON.parse(Buffer.from(json ?? []).toString()));
  } catch (cause) {
    throw new Failure("DAEMON_ANSWER_INVALID", { why: "it does not say what its checks find" }, { cause });
  }
}

function warningsOf({ warnings, sources, buildError }: LintResults): readonly BuildEvent[] {
  if (buildError) throw new Failure("DAEMON_FAILED", { message: buildError.message });
  return warnings.map(({ ruleName: rule, url, detail: message, location }) => {
    const [range] = location?.ranges ?? [];
    const file = sources[location?.sourceIndex ?? 0]?.filename ?? "";
    return {
      type: "warning",
      message,
      ...(rule === "" ? {} : { rule }),
      ...(url === "" ? {} : { url }),
      ...(range === undefined ? {} : { at: { file, line: range.start.line, endLine: range.end.line } }),
    };
  });
}
