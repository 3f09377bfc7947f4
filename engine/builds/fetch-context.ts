import { isGitSource } from "../../builder/dockerfile/resolve/remote.ts";
import type { HttpSource } from "../../builder/ports.ts";
import { checkOut, resolveCommit } from "../../builder/remote/git.ts";
import { parseGitSource } from "../../builder/remote/git-url.ts";
import { looksLikeArchive, peek } from "../../core/archive-head.ts";
import { describeError, Failure } from "../../core/errors.ts";
import { type ByteStream, readAll } from "../../core/streams.ts";
import type { Kernel } from "../../native/kernel.ts";
import type { Store } from "../../store/types.ts";
import type { FetchedContext, FetchOptions } from "../api.ts";
import { newContext, receiveContext } from "./receive-context.ts";

interface Parts {
  readonly store: Store;
  readonly kernel: Kernel;
  readonly http: HttpSource;
}

const DOCKERFILE_LIMIT = 16 * 1024 * 1024;

/** See BuildService.fetchContext(). */
export function fetchContext(
  parts: Parts,
  source: string,
  options: FetchOptions = {},
): Promise<FetchedContext> {
  const isGit = isGitSource(source) || source.startsWith("github.com/");
  return isGit ? fromGit(parts, source, options) : fromUrl(parts, source, options);
}

async function fromGit(
  { store }: Parts,
  text: string,
  { secrets, keepGitDir = false, signal = new AbortController().signal }: FetchOptions,
): Promise<FetchedContext> {
  const named = readSource(text);
  const source = { ...named, keepGitDir: named.keepGitDir || keepGitDir };
  const commit = await resolveCommit(source, { secrets, signal });
  return newContext(store, (directory) => checkOut(source, commit, { directory, secrets, signal }), {
    signal,
  });
}

function readSource(text: string): ReturnType<typeof parseGitSource> {
  try {
    return parseGitSource(text);
  } catch (error) {
    throw new Failure("CONTEXT_INVALID", { why: describeError(error) });
  }
}

async function fromUrl(parts: Parts, url: string, options: FetchOptions): Promise<FetchedContext> {
  const answer = await parts.http.get(new URL(url), {}, options);
  if (answer.status < 200 || answer.status > 299) {
    await answer.discard();
    throw new Failure("DOWNLOAD_FAILED", { url, why: `invalid response status ${answer.status}` });
  }
  const { head, stream } = await peek(answer.body);
  if (looksLikeArchive(head)) return receiveContext(parts, stream, options);
  const dockerfile = await readDockerfile(stream, url);
  return { ...(await newContext(parts.store, async () => undefined, options)), dockerfile };
}

async function readDockerfile(stream: ByteStream, url: string): Promise<string> {
  const content = await readAll(stream, DOCKERFILE_LIMIT).catch((cause: unknown) => {
    if (!(cause instanceof RangeError)) throw cause;
    throw new Failure("DOCKERFILE_UNREADABLE", { file: url, why: cause.message }, { cause });
  });
  return content.toString("utf8");
}
