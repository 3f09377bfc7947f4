import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { Failure } from "../core/errors.ts";
import { readAll } from "../core/streams.ts";
import type { BuildRequest } from "../engine/api.ts";
import type { Context } from "./context.ts";
import { readFrom } from "./files.ts";

export interface BuildInput extends AsyncDisposable {
  /** The context. */
  readonly directory: string;
  readonly dockerfile: BuildRequest["dockerfile"];
}

const DOCKERFILE_LIMIT = 16 * 1024 * 1024;

/**
 * Finds what to build: a directory, or "-" for a Dockerfile on standard input with an empty context. `file` is docker's `-f`:
 * a path seen from the working directory, or "-". Rejects with CONTEXT_INVALID, DOCKERFILE_UNREADABLE.
 */
export async function readBuildInput(
  context: Context,
  path: string,
  file: string | undefined,
): Promise<BuildInput> {
  if (path === "-") return fromStandardInput(context, file);
  if (/^(https?|git|ssh):\/\/|^git@|^github\.com\//.test(path))
    throw new Failure("OPTION_UNSUPPORTED", { option: `a remote build context (${path})` });
  const directory = resolve(context.cwd, path);
  const found = await stat(directory).catch((cause: NodeJS.ErrnoException) => {
    if (cause.code !== "ENOENT") throw new Failure("CONTEXT_INVALID", { why: path }, { cause });
    throw new Failure("CONTEXT_INVALID", { why: `path ${JSON.stringify(path)} not found` });
  });
  if (!found.isDirectory())
    throw new Failure("CONTEXT_INVALID", { why: `path ${JSON.stringify(path)} is not a directory` });
  return {
    directory,
    dockerfile:
      file === "-" ? await readStandardInput(context) : await readDockerfile(context, directory, file),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}

async function readDockerfile(
  context: Context,
  directory: string,
  file: string | undefined,
): Promise<BuildRequest["dockerfile"]> {
  const path = file === undefined ? defaultDockerfile(directory) : resolve(context.cwd, file);
  const name = file ?? "Dockerfile";
  try {
    const { size } = await stat(path);
    if (size > DOCKERFILE_LIMIT) throw new RangeError(`more than ${DOCKERFILE_LIMIT} bytes`);
    return { name, path, text: await readFile(path, "utf8") };
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
  const path = join(directory, "Dockerfile");
  const lower = join(directory, "dockerfile");
  return !existsSync(path) && existsSync(lower) ? lower : path;
}

async function fromStandardInput(context: Context, file: string | undefined): Promise<BuildInput> {
  if (file === "-")
    throw new Failure("OPTIONS_CONFLICT", { one: "-f -", other: "a build context on standard input" });
  const dockerfile = await readStandardInput(context);
  const directory = await mkdtemp(join(tmpdir(), "slipway-context-"));
  return {
    directory,
    dockerfile,
    [Symbol.asyncDispose]: () => rm(directory, { recursive: true, force: true }),
  };
}

async function readStandardInput(context: Context): Promise<BuildRequest["dockerfile"]> {
  const content = await readAll(readFrom(context, "-"), DOCKERFILE_LIMIT).catch((cause: unknown) => {
    if (!(cause instanceof RangeError)) throw cause;
    throw new Failure("DOCKERFILE_UNREADABLE", { file: "-", why: cause.message }, { cause });
  });
  if (isArchive(content))
    throw new Failure("OPTION_UNSUPPORTED", { option: "a build context archive on standard input" });
  return { name: "Dockerfile", text: content.toString("utf8") };
}

/** A tar has "ustar" in its first header; compressed ones begin with their format's magic number. */
function isArchive(content: Buffer): boolean {
  const magic = ["1f8b", "28b52ffd", "fd377a585a00", "425a68"];
  return (
    content.subarray(257, 262).toString("latin1") === "ustar" ||
    magic.some((hex) => content.subarray(0, hex.length / 2).toString("hex") === hex)
  );
}
