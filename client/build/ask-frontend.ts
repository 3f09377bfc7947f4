import { randomUUID } from "node:crypto";
import type * as z from "zod";
import { aboveTls } from "../../core/above-tls.ts";
import { Failure } from "../../core/errors.ts";
import type { Abortable } from "../../core/streams.ts";
import type { BuildRequest } from "../../engine/api.ts";
import { SOLVE_REQUEST, SOLVE_RESPONSE } from "../../wire/buildkit/control.ts";
import * as gateway from "../../wire/buildkit/gateway.ts";
import { Channel } from "../../wire/grpc/channel.ts";
import { buildFailure } from "./failure.ts";
import { type BuildParts, lentServices, SOLVE } from "./run-build.ts";
import { openSession } from "./session.ts";
import { solveRequest } from "./solve-request.ts";

const BRIDGE = "/moby.buildkit.v1.frontend.LLBBridge";
const QUESTION = { request: gateway.SOLVE_REQUEST, response: gateway.SOLVE_RESPONSE };
const RETURN = { request: gateway.RETURN_REQUEST, response: gateway.EMPTY };

export interface Question<T> {
  /** "frontend.lint" */
  readonly id: string;
  /** Of its "result.json". */
  readonly answer: z.ZodType<T>;
  /** For messages: "it does not say" so. */
  readonly what: string;
}
export interface Asked extends Abortable {
  readonly request: BuildRequest;
}

/** Asks the frontend about a Dockerfile in place of a build. Rejects with DAEMON_ANSWER_INVALID, and as a build does before its first step. */
export async function askFrontend<T>(
  parts: BuildParts,
  question: Question<T>,
  { request, ...options }: Asked,
): Promise<T> {
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
    const frontendOpt = new Map([...frontendAttrs, ["requestid", question.id]]);
    const solve = { frontend: "dockerfile.v0", frontendOpt, allowResultReturn: true };
    const { result } = await channel.call(`${BRIDGE}/Solve`, QUESTION, solve, within);
    await channel.call(`${BRIDGE}/Return`, RETURN, { result: {} }, within);
    await solving;
    return readAnswer(question, result?.metadata.get("result.json"));
  } catch (error) {
    if (options.signal?.aborted === true)
      throw new Failure("CANCELLED", { what: "the build" }, { cause: error });
    const { dockerfile } = request;
    throw buildFailure(error, { dockerfile, output: "", tools: parts.tools });
  }
}

function readAnswer<T>({ answer, what }: Question<T>, json: Uint8Array | undefined): T {
  try {
    return answer.parse(JSON.parse(Buffer.from(json ?? []).toString()));
  } catch (cause) {
    throw new Failure("DAEMON_ANSWER_INVALID", { why: `it does not say ${what}` }, { cause });
  }
}
