import * as proto from "../grpc/message.ts";
import { WORKER_RECORD } from "./control.ts";

// moby.buildkit.v1.frontend, as far as it is served. https://github.com/moby/buildkit/blob/master/frontend/gateway/pb/gateway.proto

const REF = proto.message({ id: proto.text(1), def: proto.optional(2, proto.bytes) });
const REF_MAP = proto.message({ refs: proto.map(1, REF) });
const RESULT = proto.message({
  refDeprecated: proto.text(1),
  ref: proto.optional(3, REF),
  refs: proto.optional(4, REF_MAP),
  metadata: proto.map(10, proto.bytes),
});
export const SOLVE_REQUEST = proto.message({
  definition: proto.optional(1, proto.bytes),
  frontend: proto.text(2),
  frontendOpt: proto.map(3, proto.string),
  allowResultReturn: proto.flag(5),
  allowResultArrayRef: proto.flag(6),
  cacheImports: proto.list(12, proto.bytes),
  frontendInputs: proto.map(13, proto.bytes),
  evaluate: proto.flag(14),
  sourcePolicies: proto.list(15, proto.bytes),
});
export const SOLVE_RESPONSE = proto.message({ ref: proto.text(1), result: proto.optional(3, RESULT) });

/** google.rpc.Status as it comes; only passed on. */
export const RETURN_REQUEST = proto.message({
  result: proto.optional(1, RESULT),
  error: proto.optional(2, proto.bytes),
});
export const EMPTY = proto.message({});

const CAP = proto.message({ id: proto.text(1), enabled: proto.flag(2) });
export const PONG_RESPONSE = proto.message({
  frontendApiCaps: proto.list(1, CAP),
  llbCaps: proto.list(2, CAP),
  workers: proto.list(3, WORKER_RECORD),
});
