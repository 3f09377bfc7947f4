import { existsSync, readFileSync, type Stats, statSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { looksLikeArchive, peek } from "../core/archive-head.ts";
import { isRemoteContext } from "../core/build-context.ts";
import { Failure } from "../core/errors.ts";
import { type ByteStream, readAll } from "../core/streams.ts";
import type { BuildRequest, BuildService, FetchedContext, FetchOptions } from "../engine/api.ts";
import type { Context } from "./context.ts";
import { readFrom } from "./files.ts";

export interface BuildInput extends AsyncDisposable {
  /** The context. */
  readonly directory: string;
  readonly dockerfile: BuildRequest["dockerfile"];
}

export interface InputOptions extends FetchOptions {
  /** docker's `-f`: a path seen from the working directory, or inside a context that is elsewhere, or "-". */
  readonly file: string | undefined;
  readonly builds: () => Promise<BuildService>;
}

const DOCKERFILE_LIMIT = 16 * 1024 * 1024;
const DOCKERFILE = "Dockerfile";

/**
 * Finds what to build: a directory, a git repository, the URL of a tar or a Dockerfile, or "-" for one of these on standard input.
 * Rejects with CONTEXT_INVALID, DOCKERFILE_UNREADABLE, OPTIONS_CONFLICT and with what fetching and unpacking reject with.
 */
export async function readBuildInput(
  context: Context,
  path: string,
  options: InputOptions,
): Promise<BuildInput> {
  if (path === "-") return fromStandardInput(context, options);
  if (isRemoteContext(path)) {
    const builds = await options.builds();
    return inside(context, await builds.fetchContext(path, options), options);
  }
  const directory = contextDirectory(context, path);
  const { file } = options;
  const dockerfile =
    file === "-" ? await readStandardInput(context) : await readDockerfile(context, directory, file);
  return { directory, dockerfile, [Symbol.asyncDispose]: () => Promise.resolve() };
}

/** The directory of a context. Throws CONTEXT_INVALID. */
export function contextDirectory(context: Context, path: string): string {
  const directory = resolve(context.cwd, path);
  if (!statContext(directory, path).isDirectory())
    throw new Failure("CONTEXT_INVALID", { why: `path ${JSON.stringify(path)} is not a directory` });
  return directory;
}

function statContext(directory: string, path: string): Stats {
  try {
    return statSync(directory);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== "ENOENT")
      throw new Failure("CONTEXT_INVALID", { why: path }, { cause });
    throw new Failure("CONTEXT_INVALID", { why: `path ${JSON.stringify(path)} not found` });
  }
}

/** The Dockerfile of a context that was brought here. */
async function inside(
  context: Context,
  fetched: FetchedContext,
  { file }: InputOptions,
): Promise<BuildInput> {
  try {
    return {
      directory: fetched.directory,
      dockerfile: file === "-" ? await readStandardInput(context) : insideDockerfile(fetched, file),
      [Symbol.asyncDispose]: () => fetched[Symbol.asyncDispose](),
    };
  } catch (error) {
    await fetched[Symbol.asyncDispose]();
    throw error;
  }
}

function insideDockerfile(fetched: FetchedContext, file = DOCKERFILE): BuildRequest["dockerfile"] {
  if (fetched.dockerfile !== undefined) return { name: DOCKERFILE, text: fetched.dockerfile };
  return { name: file, path: join(fetched.directory, file), text: fetched.readText(file) };
}

async function readDockerfile(
  context: Context,
  directory: string,
  file: string | undefined,
): Promise<BuildRequest["dockerfile"]> {
  const path = file === undefined ? defaultDockerfile(directory) : resolve(context.cwd, file);
  const name = file ?? DOCKERFILE;
  try {
    const found = statSync(path);
    if (found.size > DOCKERFILE_LIMIT) throw new RangeError(`more than ${DOCKERFILE_LIMIT} bytes`);
    // Only a file is there at once: what comes by a pipe may be waited for, and that can be interrupted.
    const text = found.isFile() ? readFileSync(path, "utf8") : await readFile(path, "utf8");
    return { name, path, text };
  } catch (cause) {
    throw new Failure("DOCKERFILE_UNREADABLE", { file: name, why: whyUnreadable(cause) });
  }
}

/** In docker's words, without the system call and the absolute path that Node adds. */
function whyUnreadable(cause: unknown): string {
  const { code = "", message } = cause as NodeJS.ErrnoException;
  const words: Readonly<Record<string, string>> = {
    ENOENT: "no such file or directory",
    EACCES: "permission denied",
    EISDIR: "is a directory",
  };
  return words[code] ?? message;
}

/** docker also takes a "dockerfile" in lower case when there is no other. */
function defaultDockerfile(directory: string): string {
  const path = join(directory, DOCKERFILE);
  const lower = join(directory, "dockerfile");
  return !existsSync(path) && existsSync(lower) ? lower : path;
}

/** A tar is the context; anything else is a Dockerfile with an empty one. */
async function fromStandardInput(context: Context, options: InputOptions): Promise<BuildInput> {
  if (options.file === "-")
    throw new Failure("OPTIONS_CONFLICT", { one: "-f -", other: "a build context on standard input" });
  const { head, stream } = await peek(readFrom(context, "-"));
  const builds = await options.builds();
  if (looksLikeArchive(head)) return inside(context, await builds.receive(stream, options), options);
  const dockerfile = { name: DOCKERFILE, text: await readText(stream) };
  const empty = await builds.receive(emptyTar(), options);
  return {
    directory: empty.directory,
    dockerfile,
    [Symbol.asyncDispose]: () => empty[Symbol.asyncDispose](),
  };
}

async function readStandardInput(context: Context): Promise<BuildRequest["dockerfile"]> {
  return { name: DOCKERFILE, text: await readText(readFrom(context, "-")) };
}

async function readText(stream: ByteStream): Promise<string> {
  const content = await readAll(stream, DOCKERFILE_LIMIT).catch((cause: unknown) => {
    if (!(cause instanceof RangeError)) throw cause;
    throw new Failure("DOCKERFILE_UNREADABLE", { file: "-", why: cause.message }, { cause });
  });
  return content.toString("utf8");
}

/** The two blocks of zeros that end every tar. */
async function* emptyTar(): AsyncGenerator<Uint8Array> {
  yield new Uint8Array(1024);
}
