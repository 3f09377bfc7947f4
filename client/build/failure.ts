import { status } from "@grpc/grpc-js";
import { Failure } from "../../core/errors.ts";
import { RpcError } from "../../wire/grpc/status.ts";
import { HINT_DETAIL } from "../../wire/slipway/build-attrs.ts";
import type { BuildTools } from "./tools.ts";

/** What is known here of the build that failed. */
export interface FailedBuild {
  readonly dockerfile: { readonly name: string; readonly text: string };
  /** The end of what its step wrote. */
  readonly output: string;
  readonly tools: BuildTools;
}

const PROCESS = /process ("(?:[^"\\]|\\.)*") did not complete successfully: (.*)$/s;

/** A build's failure as it would be without a daemon: with its place in the Dockerfile. */
export function buildFailure(error: unknown, { dockerfile, output, tools }: FailedBuild): unknown {
  if (!(error instanceof RpcError)) return error;
  if (error.code === status.CANCELLED)
    return new Failure("CANCELLED", { what: "the build" }, { cause: error });
  const message = error.message.replace(/^(?:failed to solve: )+/, "");
  const at = placeOf(error);
  const hint = hintOf(error);
  if (at === undefined) return new Failure("DAEMON_FAILED", { message }, hint);
  const [, command, how] = PROCESS.exec(message) ?? [];
  const { text, line, endLine } = at;
  const place = { file: dockerfile.name, line, endLine };
  // Of a context that is elsewhere only the daemon has the Dockerfile.
  const excerpt = tools.excerpt(dockerfile.text || text, { line, endLine });
  if (command !== undefined && how !== undefined)
    return new Failure("BUILD_STEP_FAILED", { ...place, command, status: how, excerpt, output }, hint);
  const whole = `${place.file}:${line}: ${message}`;
  return new Failure("DOCKERFILE_INVALID", { ...place, message: whole, excerpt }, hint);
}

/** A remedy has at most so many bytes. */
const HINT_LIMIT = 4096;

function hintOf({ details }: RpcError): { readonly hint?: string } {
  const detail = details.find(({ typeUrl }) => typeUrl === HINT_DETAIL);
  if (detail === undefined) return {};
  return { hint: Buffer.from(detail.value).subarray(0, HINT_LIMIT).toString() };
}

interface Source {
  readonly info?: { readonly data?: unknown };
  readonly ranges?: readonly {
    readonly start?: { readonly line?: unknown };
    readonly end?: { readonly line?: unknown };
  }[];
}

/** Of the details that BuildKit gives as JSON. https://github.com/moby/buildkit/blob/master/solver/errdefs/errdefs.proto */
function placeOf({
  details,
}: RpcError): { readonly line: number; readonly endLine: number; readonly text: string } | undefined {
  const detail = details.find(({ typeUrl }) => typeUrl.endsWith("errdefs.Source+json"));
  if (detail === undefined) return undefined;
  try {
    const { ranges = [], info } = JSON.parse(Buffer.from(detail.value).toString()) as Source;
    const line = ranges[0]?.start?.line;
    const endLine = ranges[0]?.end?.line;
    if (typeof line !== "number") return undefined;
    const text = typeof info?.data === "string" ? Buffer.from(info.data, "base64").toString() : "";
    return { line, endLine: typeof endLine === "number" ? endLine : line, text };
  } catch {
    return undefined;
  }
}
