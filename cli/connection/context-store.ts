import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Failure } from "../../core/errors.ts";
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

/** Throws CONTEXT_UNKNOWN, DOCKER_CONFIG_INVALID. */
export function readContext(env: Env, name: string): DockerContext {
  return readMeta(env, metaFolder(env, name)) ?? unknown(name);
}

function unknown(name: string): never {
  throw new Failure("CONTEXT_UNKNOWN", { name });
}

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
      throw new Error("expected a name, a host and a description that are texts");
    const certificates = join(tlsFolder(env, Name), "docker");
    return {
      name: Name,
      description: Description,
      host: Host,
      skipVerify: SkipTLSVerify === true,
      ...(existsSync(certificates) ? { certificates } : {}),
    };
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw new Failure("DOCKER_CONFIG_INVALID", { path, why: (cause as Error).message }, { cause });
  }
}
