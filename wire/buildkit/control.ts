import * as proto from "../grpc/message.ts";

// moby.buildkit.v1, as far as it is served. https://github.com/moby/buildkit/blob/master/api/services/control/control.proto

export const TIMESTAMP = proto.message({ seconds: proto.count(1), nanos: proto.count(2, proto.int32) });

const POSITION = proto.message({ line: proto.count(1, proto.int32), character: proto.count(2, proto.int32) });
const RANGE = proto.message({ start: proto.optional(1, POSITION), end: proto.optional(2, POSITION) });
const SOURCE_INFO = proto.message({ filename: proto.text(1), data: proto.data(2), language: proto.text(4) });

const VERTEX = proto.message({
  digest: proto.text(1),
  inputs: proto.list(2, proto.string),
  name: proto.text(3),
  cached: proto.flag(4),
  started: proto.optional(5, TIMESTAMP),
  completed: proto.optional(6, TIMESTAMP),
  error: proto.text(7),
});
const VERTEX_STATUS = proto.message({
  id: proto.text(1),
  vertex: proto.text(2),
  name: proto.text(3),
  current: proto.count(4),
  total: proto.count(5),
  timestamp: proto.optional(6, TIMESTAMP),
  started: proto.optional(7, TIMESTAMP),
  completed: proto.optional(8, TIMESTAMP),
});
const VERTEX_LOG = proto.message({
  vertex: proto.text(1),
  timestamp: proto.optional(2, TIMESTAMP),
  stream: proto.count(3),
  msg: proto.data(4),
});
const VERTEX_WARNING = proto.message({
  vertex: proto.text(1),
  level: proto.count(2),
  short: proto.data(3),
  detail: proto.list(4, proto.bytes),
  url: proto.text(5),
  info: proto.optional(6, SOURCE_INFO),
  ranges: proto.list(7, RANGE),
});
export const STATUS_REQUEST = proto.message({ ref: proto.text(1) });
export const STATUS_RESPONSE = proto.message({
  vertexes: proto.list(1, VERTEX),
  statuses: proto.list(2, VERTEX_STATUS),
  logs: proto.list(3, VERTEX_LOG),
  warnings: proto.list(4, VERTEX_WARNING),
});
export type StatusResponse = Parameters<typeof STATUS_RESPONSE.encode>[0];

export const EXPORTER = proto.message({ type: proto.text(1), attrs: proto.map(2, proto.string) });
const CACHE_ENTRY = proto.message({ type: proto.text(1), attrs: proto.map(2, proto.string) });
const CACHE = proto.message({
  exportRef: proto.text(1),
  importRefs: proto.list(2, proto.string),
  exports: proto.list(4, CACHE_ENTRY),
  imports: proto.list(5, CACHE_ENTRY),
});
export const SOLVE_REQUEST = proto.message({
  ref: proto.text(1),
  definition: proto.optional(2, proto.bytes),
  exporterDeprecated: proto.text(3),
  exporterAttrsDeprecated: proto.map(4, proto.string),
  session: proto.text(5),
  frontend: proto.text(6),
  frontendAttrs: proto.map(7, proto.string),
  cache: proto.optional(8, CACHE),
  entitlements: proto.list(9, proto.string),
  frontendInputs: proto.map(10, proto.bytes),
  internal: proto.flag(11),
  sourcePolicy: proto.optional(12, proto.bytes),
  exporters: proto.list(13, EXPORTER),
  enableSessionExporter: proto.flag(14),
  sourcePolicySession: proto.text(15),
});
export type SolveRequest = proto.Decoded<typeof SOLVE_REQUEST>;
export type Exporter = SolveRequest["exporters"][number];
export const SOLVE_RESPONSE = proto.message({ exporterResponse: proto.map(1, proto.string) });

/** pb.Platform. */
const PLATFORM = proto.message({ architecture: proto.text(1), os: proto.text(2), variant: proto.text(3) });
const BUILDKIT_VERSION = proto.message({
  package: proto.text(1),
  version: proto.text(2),
  revision: proto.text(3),
});
export const WORKER_RECORD = proto.message({
  id: proto.text(1),
  labels: proto.map(2, proto.string),
  platforms: proto.list(3, PLATFORM),
  buildkitVersion: proto.optional(5, BUILDKIT_VERSION),
});
export const LIST_WORKERS_REQUEST = proto.message({ filter: proto.list(1, proto.string) });
export const LIST_WORKERS_RESPONSE = proto.message({ record: proto.list(1, WORKER_RECORD) });
export const INFO_REQUEST = proto.message({});
export const INFO_RESPONSE = proto.message({ buildkitVersion: proto.optional(1, BUILDKIT_VERSION) });

export const PRUNE_REQUEST = proto.message({
  filter: proto.list(1, proto.string),
  all: proto.flag(2),
  keepDuration: proto.count(3),
  reservedSpace: proto.count(4),
  maxUsedSpace: proto.count(5),
  minFreeSpace: proto.count(6),
});
export type PruneRequest = proto.Decoded<typeof PRUNE_REQUEST>;
export const USAGE_RECORD = proto.message({
  id: proto.text(1),
  mutable: proto.flag(2),
  inUse: proto.flag(3),
  size: proto.count(4),
  createdAt: proto.optional(6, TIMESTAMP),
  lastUsedAt: proto.optional(7, TIMESTAMP),
  usageCount: proto.count(8),
  description: proto.text(9),
  recordType: proto.text(10),
  shared: proto.flag(11),
  parents: proto.list(12, proto.string),
});
export const USAGE_REQUEST = proto.message({ filter: proto.list(1, proto.string), ageLimit: proto.count(2) });
export const USAGE_RESPONSE = proto.message({ record: proto.list(1, USAGE_RECORD) });
export type UsageRecord = Parameters<typeof USAGE_RECORD.encode>[0];
