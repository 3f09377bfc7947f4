import * as proto from "../grpc/message.ts";
import { EXPORTER, TIMESTAMP } from "./control.ts";

// moby.buildkit.v1, the history of builds. https://github.com/moby/buildkit/blob/master/api/services/control/control.proto

/** google.rpc.Status */
const STATUS = proto.message({ code: proto.count(1, proto.int32), message: proto.text(2) });

export const HISTORY_REQUEST = proto.message({
  activeOnly: proto.flag(1),
  ref: proto.text(2),
  earlyExit: proto.flag(3),
  filter: proto.list(4, proto.string),
  limit: proto.count(5, proto.int32),
});
export type HistoryRequest = proto.Decoded<typeof HISTORY_REQUEST>;

const HISTORY_RECORD = proto.message({
  ref: proto.text(1),
  frontend: proto.text(2),
  frontendAttrs: proto.map(3, proto.string),
  exporters: proto.list(4, EXPORTER),
  error: proto.optional(5, STATUS),
  createdAt: proto.optional(6, TIMESTAMP),
  completedAt: proto.optional(7, TIMESTAMP),
  exporterResponse: proto.map(9, proto.string),
  numCachedSteps: proto.count(15, proto.int32),
  numTotalSteps: proto.count(16, proto.int32),
  numCompletedSteps: proto.count(17, proto.int32),
  numWarnings: proto.count(19, proto.int32),
});
export type HistoryRecord = Parameters<typeof HISTORY_RECORD.encode>[0];

export const EVENT_TYPE = { started: 0, complete: 1 } as const;
export const HISTORY_EVENT = proto.message({
  type: proto.count(1, proto.int32),
  record: proto.optional(2, HISTORY_RECORD),
});
export type HistoryEvent = Parameters<typeof HISTORY_EVENT.encode>[0];

export const UPDATE_REQUEST = proto.message({
  ref: proto.text(1),
  pinned: proto.flag(2),
  delete: proto.flag(3),
  finalize: proto.flag(4),
});
export type UpdateRequest = proto.Decoded<typeof UPDATE_REQUEST>;
export const UPDATE_RESPONSE = proto.message({});
