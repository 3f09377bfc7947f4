import type { Descriptor } from "../../../core/descriptor.ts";
import { Failure } from "../../../core/errors.ts";
import type { ByteStream } from "../../../core/streams.ts";
import { refusal } from "../answers.ts";
import { type HttpRequest, type HttpResponse, type Send, shownUrl } from "../http/message.ts";
import { isTransient } from "../http/retries.ts";

/** Breaks in a row without one byte more; a connection that breaks now and then is put up with. */
const FRUITLESS_LIMIT = 5;

/**
 * Reads a blob by GET; when the connection breaks, goes on with a Range from where it broke (RFC 9110, section 14). `begun` is an answer that has
 * come already.
 */
export async function* resumed(
  send: Send,
  request: HttpRequest,
  blob: Pick<Descriptor, "digest" | "size">,
  begun?: ByteStream,
): AsyncGenerator<Uint8Array> {
  let first = begun;
  let got = 0;
  let fruitless = 0;
  for (;;) {
    const before = got;
    try {
      const source = first ?? (await open(send, request, { blob, from: got }));
      first = undefined;
      for await (const chunk of source) {
        got += chunk.byteLength;
        yield chunk;
      }
      if (got >= blob.size) return;
    } catch (error) {
      if (!isTransient(error) || got >= blob.size) throw error;
      if (got === before && fruitless + 1 >= FRUITLESS_LIMIT) throw error;
    }
    fruitless = got === before ? fruitless + 1 : 0;
    // An answer that ends too early without an error is a lie the reader's check will name.
    if (fruitless >= FRUITLESS_LIMIT) return;
  }
}

async function open(
  send: Send,
  request: HttpRequest,
  { blob, from }: { readonly blob: Pick<Descriptor, "digest">; readonly from: number },
): Promise<ByteStream> {
  const headers = from === 0 ? request.headers : { ...request.headers, range: `bytes=${from}-` };
  const response = await send({ ...request, headers });
  if (response.status === 404) {
    await response.discard();
    throw new Failure("REGISTRY_ANSWER_INVALID", {
      url: shownUrl(response.url),
      why: `the registry does not have the blob ${blob.digest}`,
    });
  }
  if (response.status === 206 && from > 0) return partial(response, from);
  if (response.status !== 200) throw await refusal(response);
  return from === 0 ? response.body : skipped(response.body, from);
}

function partial(response: HttpResponse, from: number): ByteStream {
  const [, start] = /^bytes (\d+)-/.exec(response.header("content-range") ?? "") ?? [];
  if (start !== undefined && Number(start) !== from)
    throw new Failure("REGISTRY_ANSWER_INVALID", {
      url: shownUrl(response.url),
      why: `asked for bytes from ${from}, got them from ${start}`,
    });
  return response.body;
}

/** The server did not understand the Range and sends everything again. */
async function* skipped(source: ByteStream, count: number): AsyncGenerator<Uint8Array> {
  let left = count;
  for await (const chunk of source) {
    const skip = Math.min(left, chunk.byteLength);
    left -= skip;
    if (skip < chunk.byteLength) yield chunk.subarray(skip);
  }
}
