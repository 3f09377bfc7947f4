import { execFile } from "node:child_process";
import { cp, mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { Failure } from "../../core/errors.ts";
import type { SecretSource } from "../ports.ts";
import type { GitSource } from "./git-url.ts";

const COMMIT = /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/;
const MAX_OUTPUT_BYTES = 64 * 1024 * 1024;

/** How git is run: nothing of it asks a person, and no other program is started than ssh. */
const ENVIRONMENT = {
  GIT_TERMINAL_PROMPT: "0",
  GIT_ALLOW_PROTOCOL: "http:https:ssh:git",
  GIT_CONFIG_NOSYSTEM: "1",
  GIT_ASKPASS: "true",
  LC_ALL: "C",
};

export interface GitOptions {
  /** GIT_AUTH_TOKEN and GIT_AUTH_HEADER, each also with ".<host>", are shown to an http(s) server. */
  readonly secrets: SecretSource | undefined;
  readonly signal: AbortSignal;
}

/** The commit that a source stands for now. Rejects with GIT_FAILED. */
export async function resolveCommit(source: GitSource, options: GitOptions): Promise<string> {
  const { ref, remote, checksum } = source;
  const commit = COMMIT.test(ref) ? ref : await askForCommit(source, options);
  if (commit.startsWith(checksum)) return commit;
  throw new Failure("GIT_FAILED", {
    remote: shown(remote),
    why: `expected checksum to match ${checksum}, got ${commit}`,
  });
}

async function askForCommit(source: GitSource, options: GitOptions): Promise<string> {
  const { remote, ref } = source;
  const name = ref === "" ? "HEAD" : ref;
  const output = await git(["ls-remote", "--", remote, name, `${name}^{}`], { ...options, remote });
  const lines = output.split("\n").filter((line) => line !== "");
  const found = new Map(lines.map((line) => line.split("\t").toReversed() as [string, string]));
  const wanted = ["", "refs/heads/", "refs/tags/"].map((prefix) => `${prefix}${name}`);
  for (const each of wanted) {
    // An annotated tag stands for the commit it names.
    const commit = found.get(`${each}^{}`) ?? found.get(each);
    if (commit !== undefined) return commit;
  }
  throw new Failure("GIT_FAILED", {
    remote: shown(remote),
    why: `repository does not contain ref ${name}`,
  });
}

/** Puts a commit's files into `directory`, which is made. Rejects with GIT_FAILED. */
export async function checkOut(
  source: GitSource,
  commit: string,
  { directory, ...options }: GitOptions & { readonly directory: string },
): Promise<void> {
  const { remote } = source;
  const clone = source.directory === "" ? directory : `${directory}.clone`;
  const run = (args: readonly string[]): Promise<string> =>
    git(["-C", clone, ...args], { ...options, remote });
  await mkdir(clone, { recursive: true });
  await run(["init", "--quiet", "."]);
  await run(["remote", "add", "--", "origin", remote]);
  await run(["fetch", "--quiet", "--depth=1", "origin", commit]).catch(async () => {
    // Not every server gives a commit that nothing names.
    await run(["fetch", "--quiet", "--tags", "origin", "+refs/heads/*:refs/remotes/origin/*"]);
  });
  await run(["-c", "advice.detachedHead=false", "checkout", "--quiet", commit]);
  if (source.submodules) await run(["submodule", "update", "--quiet", "--init", "--recursive", "--depth=1"]);
  if (source.directory !== "") await takeDirectory(source, clone, directory);
  if (!source.keepGitDir) await rm(join(directory, ".git"), { recursive: true, force: true });
}

async function takeDirectory(source: GitSource, clone: string, directory: string): Promise<void> {
  // Not even a link of the repository may lead out of it.
  const { realpath } = await import("node:fs/promises");
  const found = await realpath(join(clone, source.directory)).catch(() => undefined);
  if (found === undefined || !found.startsWith(`${await realpath(clone)}/`))
    throw new Failure("GIT_FAILED", {
      remote: shown(source.remote),
      why: `there is no directory ${source.directory}`,
    });
  await cp(found, directory, { recursive: true, verbatimSymlinks: true, preserveTimestamps: true });
  if (source.keepGitDir) await cp(join(clone, ".git"), join(directory, ".git"), { recursive: true });
  await rm(clone, { recursive: true, force: true });
}

async function git(
  args: readonly string[],
  { remote, secrets, signal }: GitOptions & { readonly remote: string },
): Promise<string> {
  const env = { ...process.env, ...ENVIRONMENT, ...(await authorization(remote, { secrets, signal })) };
  try {
    const { stdout } = await promisify(execFile)("git", args, { env, signal, maxBuffer: MAX_OUTPUT_BYTES });
    return stdout;
  } catch (cause) {
    signal.throwIfAborted();
    const { stderr = "", code, message } = cause as NodeJS.ErrnoException & { readonly stderr?: string };
    const missing = code === "ENOENT" ? "the program git is not installed" : undefined;
    const why = missing ?? (stderr.trim() === "" ? message : stderr.trim());
    throw new Failure("GIT_FAILED", { remote: shown(remote), why });
  }
}

/** Settings by environment variables: arguments of a program can be seen by everybody. */
async function authorization(
  remote: string,
  { secrets, signal }: GitOptions,
): Promise<Readonly<Record<string, string>>> {
  if (secrets === undefined || !URL.canParse(remote)) return {};
  const { origin, host, protocol } = new URL(remote);
  if (protocol !== "http:" && protocol !== "https:") return {};
  const read = async (name: string): Promise<string | undefined> => {
    const value =
      (await secrets.secret(`${name}.${host}`, { signal })) ?? (await secrets.secret(name, { signal }));
    return value === undefined ? undefined : Buffer.from(value).toString().trim();
  };
  const token = await read("GIT_AUTH_TOKEN");
  const basic =
    token === undefined ? undefined : `basic ${Buffer.from(`x-access-token:${token}`).toString("base64")}`;
  const header = (await read("GIT_AUTH_HEADER")) ?? basic;
  if (header === undefined) return {};
  return {
    GIT_CONFIG_COUNT: "1",
    GIT_CONFIG_KEY_0: `http.${origin}/.extraheader`,
    GIT_CONFIG_VALUE_0: `Authorization: ${header}`,
  };
}

/** Without a password that stands in it. */
const shown = (remote: string): string => remote.replace(/^([a-z+]+:\/\/)[^@/]*@/i, "$1");
