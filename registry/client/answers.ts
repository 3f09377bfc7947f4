import { Failure } from "../../core/errors.ts";
import { readAll } from "../../core/streams.ts";
import { type HttpResponse, shownUrl } from "./http/message.ts";

/** A page of an error is read so far and no further. */
const ERROR_LIMIT = 64 << 10;
const SHOWN_LIMIT = 300;

/** What a registry says is wrong: distribution-spec, "Error Codes". */
export interface RegistryError {
  readonly code: string;
  readonly message: string;
}

/** Reads the beginning of an answer's body and lets the rest go. */
export async function readLimited(response: HttpResponse, limit: number): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body) {
    chunks.push(chunk);
    size += chunk.byteLength;
    if (size >= limit) break;
  }
  return Buffer.concat(chunks).subarray(0, limit);
}

/** The first error of an answer; its status in words when the body says nothing. */
export async function readError(response: HttpResponse): Promise<RegistryError> {
  const text = (await readLimited(response, ERROR_LIMIT).catch(() => Buffer.alloc(0))).toString();
  return parseError(text) ?? { code: "", message: plain(text) || `status ${response.status}` };
}

function parseError(text: string): RegistryError | undefined {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch {
    return undefined;
  }
  const { errors, details, message } = (document ?? {}) as Readonly<Record<string, unknown>>;
  const [first] = Array.isArray(errors) ? errors : [];
  const entry = (first ?? {}) as Readonly<Record<string, unknown>>;
  const [code, said] = [entry["code"], entry["message"] ?? details ?? message];
  if (typeof code !== "string" && typeof said !== "string") return undefined;
  return {
    code: typeof code === "string" ? plain(code) : "",
    message: typeof said === "string" ? plain(said) : "",
  };
}

/** One line without markup and control characters: what comes from outside must not draw on a terminal. */
const plain = (text: string): string =>
  text
    .replace(/<[^>]*>/g, " ")
    .replace(/[\p{Cc}\s]+/gu, " ")
    .trim()
    .slice(0, SHOWN_LIMIT);

/** "unauthorized: authentication required", as docker joins code and message. */
export const describe = ({ code, message }: RegistryError): string =>
  [code.toLowerCase().replaceAll("_", " "), message].filter((part) => part !== "").join(": ");

/** The failure an unexpected answer means. */
export async function refusal(response: HttpResponse): Promise<Failure> {
  const { status } = response;
  const url = shownUrl(response.url);
  const error = await readError(response);
  const why = describe(error);
  if (status === 401) return new Failure("REGISTRY_UNAUTHORIZED", { url, why: error.message });
  if (status === 403) return new Failure("REGISTRY_DENIED", { why });
  return new Failure("REGISTRY_REFUSED", { url, status, why });
}

/** Rejects with the refusal() of an answer with another status. */
export async function expectStatus(response: HttpResponse, ...statuses: readonly number[]): Promise<void> {
  if (!statuses.includes(response.status)) throw await refusal(response);
}

/** Reads a small JSON object. Rejects with REGISTRY_ANSWER_INVALID. */
export async function readJson(
  response: HttpResponse,
  limit: number,
): Promise<Readonly<Record<string, unknown>>> {
  const url = shownUrl(response.url);
  const refuse = (why: string, cause?: unknown): Failure =>
    new Failure("REGISTRY_ANSWER_INVALID", { url, why }, { cause });
  try {
    const document: unknown = JSON.parse((await readAll(response.body, limit)).toString());
    if (typeof document === "object" && document !== null && !Array.isArray(document))
      return document as Readonly<Record<string, unknown>>;
  } catch (error) {
    if (error instanceof SyntaxError) throw refuse("expected JSON", error);
    if (error instanceof RangeError) throw refuse(`the answer has ${error.message}`, error);
    throw error;
  }
  throw refuse("expected a JSON object");
}
