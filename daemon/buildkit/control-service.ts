import { type Rpc, streaming, unary } from "../grpc/service.ts";
import { prune } from "./prune.ts";
import { type SolveParts, solve } from "./solve.ts";
import * as wire from "./wire/control.ts";
import { BUILDKIT_VERSION, worker } from "./worker.ts";

export const CONTROL = "moby.buildkit.v1.Control";

/** https://github.com/moby/buildkit/blob/master/api/services/control/control.proto */
export const controlRpcs = (parts: SolveParts): readonly Rpc[] => [
  unary("Solve", wire.SOLVE_REQUEST, wire.SOLVE_RESPONSE, async ({ request, signal }) => ({
    exporterResponse: await solve(parts, request, signal),
  })),
  streaming("Status", wire.STATUS_REQUEST, wire.STATUS_RESPONSE, async function* ({ request, signal }) {
    const { status } = await parts.jobs.get(request.ref, signal);
    yield* status;
  }),
  streaming("Prune", wire.PRUNE_REQUEST, wire.USAGE_RECORD, ({ request }) =>
    prune(parts.engine.builds, request),
  ),
  unary("ListWorkers", wire.LIST_WORKERS_REQUEST, wire.LIST_WORKERS_RESPONSE, async () => ({
    record: [worker()],
  })),
  unary("Info", wire.INFO_REQUEST, wire.INFO_RESPONSE, async () => ({ buildkitVersion: BUILDKIT_VERSION })),
];
