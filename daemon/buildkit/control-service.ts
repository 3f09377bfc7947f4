import * as wire from "../../wire/buildkit/control.ts";
import {
  HISTORY_EVENT,
  HISTORY_REQUEST,
  UPDATE_REQUEST,
  UPDATE_RESPONSE,
} from "../../wire/buildkit/history.ts";
import { type Rpc, streaming, unary } from "../../wire/grpc/service.ts";
import { usageRecords } from "./disk-usage.ts";
import { clockHeader, listBuilds, updateBuild } from "./history.ts";
import { prune } from "./prune.ts";
import { progressOf } from "./replay.ts";
import { type SolveParts, solve } from "./solve.ts";
import { BUILDKIT_VERSION, worker } from "./worker.ts";

export const CONTROL = "moby.buildkit.v1.Control";

/** https://github.com/moby/buildkit/blob/master/api/services/control/control.proto */
export const controlRpcs = (parts: SolveParts): readonly Rpc[] => [
  unary("Solve", wire.SOLVE_REQUEST, wire.SOLVE_RESPONSE, async ({ request, signal }) => ({
    exporterResponse: await solve(parts, request, signal),
  })),
  streaming("Status", wire.STATUS_REQUEST, wire.STATUS_RESPONSE, ({ request, signal }) =>
    progressOf(parts, request.ref, signal),
  ),
  streaming("Prune", wire.PRUNE_REQUEST, wire.USAGE_RECORD, ({ request }) =>
    prune(parts.engine.builds, request),
  ),
  unary("DiskUsage", wire.USAGE_REQUEST, wire.USAGE_RESPONSE, async ({ request }) => ({
    record: await usageRecords(parts.engine.builds, request),
  })),
  streaming(
    "ListenBuildHistory",
    HISTORY_REQUEST,
    HISTORY_EVENT,
    ({ request }) => listBuilds(parts.engine.buildHistory, request),
    clockHeader,
  ),
  unary("UpdateBuildHistory", UPDATE_REQUEST, UPDATE_RESPONSE, async ({ request }) => {
    await updateBuild(parts.engine.buildHistory, request);
    return {};
  }),
  unary("ListWorkers", wire.LIST_WORKERS_REQUEST, wire.LIST_WORKERS_RESPONSE, async () => ({
    record: [worker()],
  })),
  unary("Info", wire.INFO_REQUEST, wire.INFO_RESPONSE, async () => ({ buildkitVersion: BUILDKIT_VERSION })),
];
