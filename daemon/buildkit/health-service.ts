import * as proto from "../../wire/grpc/message.ts";
import { type Rpc, unary } from "../../wire/grpc/service.ts";

export const HEALTH = "grpc.health.v1.Health";

const REQUEST = proto.message({ service: proto.text(1) });
const RESPONSE = proto.message({ status: proto.count(1, proto.int32) });
const SERVING = 1;

/** https://github.com/grpc/grpc/blob/master/doc/health-checking.md */
export const healthRpcs = (): readonly Rpc[] => [
  unary("Check", REQUEST, RESPONSE, async () => ({ status: SERVING })),
];
