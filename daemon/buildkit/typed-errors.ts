import { status } from "@grpc/grpc-js";
import { describeError, Failure, hintOf, isCode, isKind } from "../../core/errors.ts";
import { type Detail, RpcError } from "../../wire/grpc/status.ts";
import { HINT_DETAIL } from "../../wire/slipway/build-attrs.ts";

/** The Dockerfile of a build. */
export interface SourceText {
  readonly name: string;
  readonly text: string;
}

/** Details are JSON. https://github.com/moby/buildkit/blob/master/solver/errdefs/errdefs.proto */
const detail = (type: string, value: object): Detail => ({
  typeUrl: `github.com/moby/buildkit/errdefs.${type}+json`,
  value: Buffer.from(JSON.stringify(value)),
});

/** What a client shows of a failed build: the message, and by the details the lines of the Dockerfile. */
export function buildError(error: unknown, source: SourceText | undefined): RpcError {
  if (error instanceof RpcError) return error;
  const { place, message } = located(error);
  const hint = hintOf(error);
  const details = [
    ...(place === undefined || source === undefined ? [] : [sourceDetail(source, place)]),
    // Others pass over what they do not know.
    ...(hint === undefined ? [] : [{ typeUrl: HINT_DETAIL, value: Buffer.from(hint) }]),
  ];
  // Clients put any code but this one before the words.
  const code = isKind(error, "cancelled") ? status.CANCELLED : status.UNKNOWN;
  return new RpcError(code, message, { details, cause: error });
}

interface Place {
  readonly line: number;
  readonly endLine: number;
}
interface Located {
  readonly message: string;
  readonly place?: Place;
}

/** The words of an error without its place in the file, and the place. */
function located(error: unknown): Located {
  if (isCode(error, "BUILD_STEP_FAILED")) {
    const { command, status } = error.detail;
    return { message: `process ${command} did not complete successfully: ${status}`, place: error.detail };
  }
  if (isCode(error, "BUILD_STEP_INVALID"))
    return { message: describeError(error.cause ?? error), place: error.detail };
  if (isCode(error, "DOCKERFILE_INVALID")) return { message: error.detail.message, place: error.detail };
  if (isCode(error, "DOCKERFILE_UNSUPPORTED"))
    return { message: `${error.detail.what} is not supported`, place: error.detail };
  return { message: error instanceof Failure ? describeError(error) : String(error) };
}

/** A place that is no line is the whole file, of which no line is shown. */
function sourceDetail({ name, text }: SourceText, { line, endLine }: Place): Detail {
  const ranges = line > 0 ? [{ start: { line, character: 0 }, end: { line: endLine, character: 0 } }] : [];
  return detail("Source", {
    info: { filename: name, data: Buffer.from(text).toString("base64"), language: "Dockerfile" },
    ranges,
  });
}
