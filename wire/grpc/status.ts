import { Metadata, type ServiceError, status } from "@grpc/grpc-js";
import { isCode, isKind } from "../../core/errors.ts";
import * as proto from "./message.ts";

// google.rpc.Status. https://github.com/googleapis/googleapis/blob/master/google/rpc/status.proto

const ANY = proto.message({ typeUrl: proto.text(1), value: proto.data(2) });
const STATUS = proto.message({
  code: proto.count(1, proto.int32),
  message: proto.text(2),
  details: proto.list(3, ANY),
});
/** The trailer that carries a whole status beside its code and message. */
export const STATUS_TRAILER = "grpc-status-details-bin";

/** What a call failed with, typed details included. */
export class RpcError extends Error {
  override readonly name = "RpcError";
  readonly code: number;
  readonly details: readonly Detail[];

  constructor(
    code: number,
    message: string,
    options: { readonly details?: readonly Detail[]; readonly cause?: unknown } = {},
  ) {
    super(message, { cause: options.cause });
    this.code = code;
    this.details = options.details ?? [];
  }
}
export interface Detail {
  readonly typeUrl: string;
  readonly value: Uint8Array;
}

/** Reads a google.rpc.Status. */
export function decodeStatus(bytes: Uint8Array): RpcError {
  const { code, message, details } = STATUS.decode(bytes);
  return new RpcError(code, message, { details });
}

/** As grpc-js sends it. `message` says in words what an error of ours is. */
export function serviceError(error: unknown, message: (error: unknown) => string): ServiceError {
  const rpc = error instanceof RpcError ? error : new RpcError(codeOf(error), message(error));
  const metadata = new Metadata();
  const { code, details } = rpc;
  metadata.set(STATUS_TRAILER, STATUS.encode({ code, message: rpc.message, details }));
  return Object.assign(new Error(rpc.message), { code, details: rpc.message, metadata });
}

export function codeOf(error: unknown): number {
  if (isKind(error, "cancelled")) return status.CANCELLED;
  if (isKind(error, "unsupported")) return status.UNIMPLEMENTED;
  if (isKind(error, "unauthorized")) return status.UNAUTHENTICATED;
  if (isKind(error, "forbidden")) return status.PERMISSION_DENIED;
  if (isKind(error, "not-found")) return status.NOT_FOUND;
  if (isKind(error, "invalid") && !isCode(error, "BUILD_STEP_FAILED")) return status.INVALID_ARGUMENT;
  return status.UNKNOWN;
}
