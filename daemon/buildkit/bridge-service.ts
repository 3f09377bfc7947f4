import { Failure } from "../../core/errors.ts";
import { newId } from "../../core/ids.ts";
import * as wire from "../../wire/buildkit/gateway.ts";
import { type Rpc, type RpcCall, unary } from "../../wire/grpc/service.ts";
import { decodeStatus } from "../../wire/grpc/status.ts";
import type { Job } from "./jobs.ts";
import { readBridgeRequest, type SolveParts } from "./solve.ts";
import { subrequest } from "./subrequests.ts";
import { FRONTEND_CAPS, LLB_CAPS, worker } from "./worker.ts";

export const BRIDGE = "moby.buildkit.v1.frontend.LLBBridge";
/** Names the build that a call belongs to. */
const BUILD = "buildkit-controlapi-buildid";
const MAX_RESULTS = 64;

const unsupported = (option: string): Failure => new Failure("OPTION_UNSUPPORTED", { option });

/**
 * The bridge by which a client's own frontend code has things built. A result is a reference: nothing is done for it until the client returns it.
 * https://github.com/moby/buildkit/blob/master/frontend/gateway/pb/gateway.proto
 */
export function bridgeRpcs(parts: SolveParts): readonly Rpc[] {
  const { jobs } = parts;
  const jobOf = async ({ header, signal }: RpcCall<unknown>): Promise<Job> => {
    const ref = header(BUILD);
    if (ref === undefined) throw new Failure("REQUEST_INVALID", { why: "no buildid found in context" });
    return jobs.get(ref, signal);
  };
  return [
    unary("Ping", wire.EMPTY, wire.PONG_RESPONSE, async (call) => {
      await jobOf(call);
      return { frontendApiCaps: FRONTEND_CAPS, llbCaps: LLB_CAPS, workers: [worker()] };
    }),
    unary("Solve", wire.SOLVE_REQUEST, wire.SOLVE_RESPONSE, async (call) => {
      const job = await jobOf(call);
      const { requests } = job;
      const { request } = call;
      if ((request.definition?.byteLength ?? 0) > 0) throw unsupported("a build from LLB");
      if (request.frontendInputs.size > 0) throw unsupported("frontend inputs");
      if (request.cacheImports.length > 0) throw unsupported("a cache import");
      if (request.sourcePolicies.length > 0) throw unsupported("a source policy");
      if (requests.size >= MAX_RESULTS)
        throw new Failure("REQUEST_INVALID", { why: `a build has at most ${MAX_RESULTS} results` });
      const wanted = readBridgeRequest(request.frontend, request.frontendOpt);
      if (wanted.subrequest !== undefined)
        return { result: { metadata: await subrequest(parts, { job, wanted }, call.signal) } };
      const id = newId();
      requests.set(id, wanted);
      return request.allowResultReturn ? { result: { ref: { id } } } : { ref: id };
    }),
    unary("Return", wire.RETURN_REQUEST, wire.EMPTY, async (call) => {
      const { returned } = await jobOf(call);
      const { result, error } = call.request;
      if (error !== undefined) returned.reject(decodeStatus(error));
      else returned.resolve(refOf(result));
      return {};
    }),
  ];
}

type Result = ReturnType<typeof wire.RETURN_REQUEST.decode>["result"];

function refOf(result: Result): string | undefined {
  const refs = [...(result?.refs?.refs.values() ?? [])].map(({ id }) => id);
  if (refs.length > 1) throw unsupported("an image of several platforms");
  return result?.ref?.id || result?.refDeprecated || refs[0];
}
