import { readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { Failure } from "../../../core/errors.ts";
import { isMissing } from "../../../core/if-there.ts";
import { replacePrivateFile } from "../../../core/private-file.ts";
import type { Environment } from "../http/proxies.ts";

/** What this program reads of docker's client configuration; the rest is kept as it is. */
export interface DockerConfig {
  readonly auths: Readonly<Record<string, StoredAuth>>;
  /** Helper for one registry. */
  readonly credHelpers: Readonly<Record<string, string>>;
  /** Helper for all others. */
  readonly credsStore: string | undefined;
  readonly document: Readonly<Record<string, unknown>>;
}
export interface StoredAuth {
  /** base64 of "user:password". */
  readonly auth?: string;
  readonly username?: string;
  readonly password?: string;
  readonly identitytoken?: string;
  readonly registrytoken?: string;
}

/** $DOCKER_CONFIG/config.json, else ~/.docker/config.json. */
export const dockerConfigPath = (env: Environment): string =>
  join(env["DOCKER_CONFIG"] || join(env["HOME"] || homedir(), ".docker"), "config.json");

/** Reads the file; an absent one is empty. Throws DOCKER_CONFIG_INVALID. */
export function readDockerConfig(path: string): DockerConfig {
  const document = readDocument(path);
  const refuse = (why: string): Failure => new Failure("DOCKER_CONFIG_INVALID", { path, why });
  const map = (key: string): Readonly<Record<string, unknown>> => {
    const value = document[key] ?? {};
    if (!isRecord(value)) throw refuse(`${key}: expected an object`);
    return value;
  };
  const { credsStore } = document;
  if (credsStore !== undefined && typeof credsStore !== "string") throw refuse("credsStore: expected a text");
  const helpers = Object.entries(map("credHelpers"));
  if (!helpers.every(([, helper]) => typeof helper === "string")) throw refuse("credHelpers: expected texts");
  const auths = Object.entries(map("auths")).map(([server, entry]) => [server, readAuth(entry)] as const);
  return {
    auths: Object.fromEntries(auths),
    credHelpers: Object.fromEntries(helpers) as Record<string, string>,
    credsStore: credsStore === "" ? undefined : credsStore,
    document,
  };
}

function readDocument(path: string): Readonly<Record<string, unknown>> {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    if (isMissing(error)) return {};
    throw new Failure("DOCKER_CONFIG_INVALID", { path, why: "cannot be read" }, { cause: error });
  }
  try {
    const document: unknown = text.trim() === "" ? {} : JSON.parse(text);
    if (isRecord(document)) return document;
  } catch {
    // Said below: the parser's own message would quote the file, secrets included.
  }
  throw new Failure("DOCKER_CONFIG_INVALID", { path, why: "expected a JSON object" });
}

const AUTH_KEYS = ["auth", "username", "password", "identitytoken", "registrytoken"] as const;

function readAuth(entry: unknown): StoredAuth {
  if (!isRecord(entry)) return {};
  const texts = AUTH_KEYS.map((key) => [key, entry[key]] as const).filter(
    ([, value]) => typeof value === "string" && value !== "",
  );
  return Object.fromEntries(texts);
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** Replaces the entry of `server` in the file, or takes it out; the others and all else stay. Only the owner can read the file. */
export async function writeAuth(path: string, server: string, auth: StoredAuth | undefined): Promise<void> {
  const { document } = readDockerConfig(path);
  const { [server]: _former, ...others } = (document["auths"] ?? {}) as Readonly<Record<string, unknown>>;
  const auths = auth === undefined ? others : { ...others, [server]: auth };
  await replacePrivateFile(path, JSON.stringify({ ...document, auths }, null, "\t"));
}
