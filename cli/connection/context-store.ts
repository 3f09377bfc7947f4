import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { Failure } from "../../core/errors.ts";
import { isMissing } from "../../core/if-there.ts";
import { replacePrivateFile } from "../../core/private-file.ts";
import { dockerFolder } from "./docker-folder.ts";

type Env = Readonly<Record<string, string | undefined>>;

/** A context as docker's client keeps it. */
export interface DockerContext {
  readonly name: string;
  readonly description: string;
  readonly host: string;
  /** Whether the daemon may be anybody. */
  readonly skipVerify: boolean;
  /** Whether the files of the context say who the daemon is, and who this client is. */
  readonly certificates?: string;
}

// <docker's folder>/contexts/
//   meta/<sha256 of the name>/meta.json
//   tls/<sha256 of the name>/docker/{ca,cert,key}.pem
const idOf = (name: string): string => createHash("sha256").update(name).digest("hex");
const contextsFolder = (env: Env, kind: "meta" | "tls"): string => join(dockerFolder(env), "contexts", kind);
export const metaFolder = (env: Env, name: string): string => join(contextsFolder(env, "meta"), idOf(name));
export const tlsFolder = (env: Env, name: string): string => join(contextsFolder(env, "tls"), idOf(name));
const META = "meta.json";
const ENDPOINT = "docker";

/** Throws CONTEXT_UNKNOWN, DOCKER_CONFIG_INVALID. */
export function readContext(env: Env, name: string): DockerContext {
  return readMeta(env, metaFolder(env, name)) ?? unknown(name);
}

function unknown(name: string): never {
  throw new Failure("CONTEXT_UNKNOWN", { name });
}

/** PEM files of a context, by Docker's names. */
export interface ContextFiles {
  readonly "ca.pem"?: Uint8Array;
  readonly "cert.pem"?: Uint8Array;
  readonly "key.pem"?: Uint8Array;
}

/** Keeps a new one. Rejects with CONTEXT_EXISTS. */
export async function writeContext(
  env: Env,
  { name, description, host, skipVerify }: DockerContext,
  files: ContextFiles,
): Promise<void> {
  const meta = join(metaFolder(env, name), META);
  if (existsSync(meta)) throw new Failure("CONTEXT_EXISTS", { name });
  for (const [file, content] of Object.entries(files))
    await replacePrivateFile(join(tlsFolder(env, name), ENDPOINT, file), content);
  const document = {
    Name: name,
    Metadata: description === "" ? {} : { Description: description },
    Endpoints: { docker: { Host: host, SkipTLSVerify: skipVerify } },
  };
  await replacePrivateFile(meta, JSON.stringify(document));
}

/** Rejects with CONTEXT_UNKNOWN. */
export async function removeContext(env: Env, name: string): Promise<void> {
  if (!existsSync(join(metaFolder(env, name), META))) unknown(name);
  for (const folder of [metaFolder(env, name), tlsFolder(env, name)])
    await rm(folder, { recursive: true, force: true });
}

/** The names of a context's certificates. */
export const tlsFilesOf = ({ certificates }: DockerContext): readonly string[] =>
  certificates === undefined ? [] : readdirSync(certificates).sort();

/** All of them, sorted by name. Throws DOCKER_CONFIG_INVALID. */
export function listContexts(env: Env): readonly DockerContext[] {
  const folder = contextsFolder(env, "meta");
  const ids = existsSync(folder) ? readdirSync(folder) : [];
  const contexts = ids
    .map((id) => readMeta(env, join(folder, id)))
    .filter((context) => context !== undefined);
  return contexts.toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

interface Meta {
  readonly Name?: unknown;
  readonly Metadata?: { readonly Description?: unknown } | null;
  readonly Endpoints?: {
    readonly docker?: { readonly Host?: unknown; readonly SkipTLSVerify?: unknown } | null;
  } | null;
}

/** Undefined when there is none. */
function readMeta(env: Env, folder: string): DockerContext | undefined {
  const path = join(folder, META);
  try {
    const { Name, Metadata, Endpoints } = (JSON.parse(readFileSync(path, "utf8")) ?? {}) as Meta;
    const { Host = "", SkipTLSVerify = false } = Endpoints?.docker ?? {};
    const { Description = "" } = Metadata ?? {};
    if (typeof Name !== "string" || typeof Host !== "string" || typeof Description !== "string")
      throw new TypeError("another type");
    const certificates = join(tlsFolder(env, Name), ENDPOINT);
    return {
      name: Name,
      description: Description,
      host: Host,
      skipVerify: SkipTLSVerify === true,
      ...(existsSync(certificates) ? { certificates } : {}),
    };
  } catch (cause) {
    if (isMissing(cause)) return undefined;
    const why = "expected a JSON object with a name and the host of an endpoint";
    throw new Failure("DOCKER_CONFIG_INVALID", { path, why }, { cause });
  }
}
