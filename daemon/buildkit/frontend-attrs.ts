import { readAttestation } from "../../core/build-attestations.ts";
import { isRemoteContext } from "../../core/build-context.ts";
import { type Digest, isDigest, parseDigest } from "../../core/digest.ts";
import { Failure } from "../../core/errors.ts";
import { parseBoolean } from "../../core/go-boolean.ts";
import { parsePlatform } from "../../core/platform.ts";
import type { BuildRequest } from "../../engine/api.ts";
import { OWN_ATTRS } from "../../wire/slipway/build-attrs.ts";
import { type Accepts, isAccepted } from "./accepts.ts";
import { ANSWERS } from "./answers.ts";
import { type NamedCache, readCacheImports } from "./caches.ts";
import { type NamedSource, readNamedContexts } from "./named-contexts.ts";
import { RESOURCE_ATTRS, resourcesOf } from "./resource-attrs.ts";

/** What a client asks the Dockerfile frontend for. https://github.com/moby/buildkit/blob/master/frontend/dockerui/config.go */
export interface FrontendRequest {
  /** The Dockerfile's path in its folder. */
  readonly filename: string;
  /** Under which names the client lends the two folders. */
  readonly folders: { readonly context: string; readonly dockerfile: string };
  /** The path of an archive that the client uploads in place of a folder. */
  readonly upload: string | undefined;
  /** A context that is elsewhere: a URL, a git repository. It holds the Dockerfile, unless the client lends that. */
  readonly remote: { readonly url: string; readonly lendsDockerfile: boolean } | undefined;
  readonly contexts: ReadonlyMap<string, NamedSource>;
  /** Those that are read. */
  readonly caches: readonly NamedCache[];
  /** What Slipway's own client asks for in place of an image: what differs from this one when it is built again. */
  readonly verify: Digest | undefined;
  readonly tellsMembers: boolean;
  /** What is asked about the Dockerfile in place of a build: "frontend.lint". */
  readonly subrequest: string | undefined;
  readonly options: Omit<
    BuildRequest,
    "context" | "dockerfile" | "tags" | "credentials" | "cacheFrom" | "cacheTo"
  >;
}
type Attrs = ReadonlyMap<string, string>;

const DEFAULT_NAME = "Dockerfile";
/** `docker build - < context.tar`: the client serves the archive on its session. */
const UPLOAD = /^https?:\/\/buildkit-session(\/.*)$/;
const NETWORKS: Readonly<Record<string, BuildRequest["network"]>> = {
  "": "default",
  default: "default",
  host: "host",
  none: "none",
};
const FRONTEND_CAPS = new Set([
  "moby.buildkit.frontend.inputs",
  "moby.buildkit.frontend.contexts",
  "moby.buildkit.frontend.subrequests",
  "moby.buildkit.frontend.gitquerystring",
]);

const unsupported = (what: string): Failure => new Failure("OPTION_UNSUPPORTED", { option: what });

const HONOURED: Accepts = {
  filename: () => true,
  target: () => true,
  platform: () => true,
  contextkey: () => true,
  dockerfilekey: () => true,
  context: (value) => value === "" || UPLOAD.test(value) || isRemoteContext(value),
  "cache-imports": () => true,
  // The same as cache-imports, for frontends that do not know it.
  "cache-from": () => true,
  "no-cache": () => true,
  "image-resolve-mode": (value) => ["default", "pull", "local"].includes(value),
  "force-network-mode": (value) => Object.hasOwn(NETWORKS, value),
  "add-hosts": () => true,
  ...Object.fromEntries(RESOURCE_ATTRS.map((name) => [name, () => true])),
  requestid: (value) => ANSWERS.has(value),
  [OWN_ATTRS.jobs]: () => true,
  [OWN_ATTRS.explain]: (value) => value === "true",
  [OWN_ATTRS.verify]: isDigest,
  [OWN_ATTRS.members]: (value) => value === "true",
  "multi-platform": (value) => parseBoolean(value) !== undefined,
  // Every feature of the built-in frontend is there without being named.
  cmdline: isBuiltIn,
  source: isBuiltIn,
  "frontend.caps": (value) =>
    value.split(",").every((cap) => FRONTEND_CAPS.has(cap.replace(/\+forward$/, ""))),
};
/** What says where sources come from, which no provenance here tells. */
const IGNORED = /^vcs:/;
const BY_PREFIX = /^(?:build-arg|label|context):/;
const ATTESTATION = /^attest:(?<kind>provenance|sbom)$/;

/** `docker/dockerfile` in any version is what is built in. */
export function isBuiltIn(reference: string): boolean {
  const name = reference.split(/[\s@]/, 1)[0]?.replace(/:[^/]*$/, "") ?? "";
  return /^(?:docker\.io\/)?docker\/dockerfile(?:-upstream)?$/.test(name) || name === "dockerfile.v0";
}

/** Throws OPTION_UNSUPPORTED with the name of what is not honoured, OPTION_INVALID, PLATFORM_INVALID. */
export function readFrontendAttrs(attrs: Attrs): FrontendRequest {
  const buildArgs = buildArgsOf(attrs);
  for (const [name, value] of attrs) refuseUnsupported(name, value);
  const target = attrs.get("target") ?? "";
  const platform = attrs.get("platform") ?? "";
  const context = attrs.get("context") ?? "";
  const verified = attrs.get(OWN_ATTRS.verify);
  const upload = UPLOAD.exec(context)?.[1];
  const isRemote = upload === undefined && context !== "";
  return {
    filename: attrs.get("filename") || DEFAULT_NAME,
    folders: {
      context: attrs.get("contextkey") || "context",
      dockerfile: attrs.get("dockerfilekey") || "dockerfile",
    },
    upload,
    remote: isRemote ? { url: context, lendsDockerfile: attrs.has("dockerfilekey") } : undefined,
    contexts: readNamedContexts(attrs),
    caches: readCacheImports(attrs.get("cache-imports") ?? "[]"),
    tellsMembers: attrs.has(OWN_ATTRS.members),
    subrequest: attrs.get("requestid"),
    verify: verified === undefined ? undefined : parseDigest(verified),
    options: {
      ...attestationsOf(attrs),
      buildArgs,
      labels: withPrefix(attrs, "label:"),
      ...noCacheOf(attrs.get("no-cache")),
      pull: attrs.get("image-resolve-mode") === "pull",
      network: NETWORKS[attrs.get("force-network-mode") ?? ""] ?? "default",
      extraHosts: extraHosts(attrs.get("add-hosts") ?? ""),
      resources: resourcesOf(attrs),
      explain: attrs.has(OWN_ATTRS.explain),
      ...jobsOf(attrs.get(OWN_ATTRS.jobs)),
      ...(target === "" ? {} : { target }),
      ...(platform === "" ? {} : { platforms: platform.split(",").map(parsePlatform) }),
    },
  };
}

/** A value names the stages that the cache is not used for. */
function noCacheOf(text: string | undefined): Pick<BuildRequest, "noCache" | "noCacheStages"> {
  if (text === undefined || text === "") return { noCache: text === "" };
  return { noCache: false, noCacheStages: text.split(",") };
}

function jobsOf(text: string | undefined): { readonly jobs?: number } {
  if (text === undefined) return {};
  if (/^[1-9]\d{0,5}$/.test(text)) return { jobs: Number(text) };
  throw new Failure("OPTION_INVALID", { option: OWN_ATTRS.jobs, got: text, want: "1 or more" });
}

function refuseUnsupported(name: string, value: string): void {
  if (BY_PREFIX.test(name) || IGNORED.test(name) || ATTESTATION.test(name)) return;
  if (isAccepted(HONOURED, name, value)) return;
  if (name === "source" || name === "cmdline") throw unsupported(`the frontend ${value}`);
  throw unsupported(value === "" ? name : `${name}=${value}`);
}

function attestationsOf(attrs: Attrs): Pick<BuildRequest, "attestations"> {
  const wanted = [...attrs].flatMap(([name, value]) => {
    const kind = ATTESTATION.exec(name)?.groups?.["kind"];
    return kind === "provenance" || kind === "sbom" ? [readAttestation(name, value, kind)] : [];
  });
  return wanted.length === 0 ? {} : { attestations: Object.assign({}, ...wanted) };
}

/** A list of images that is asked for by an attribute is one that is asked for by its argument. */
function buildArgsOf(attrs: Attrs): Readonly<Record<string, string>> {
  const list = attrs.get("multi-platform");
  const isList = list === undefined ? undefined : parseBoolean(list);
  return {
    ...(isList === undefined ? {} : { BUILDKIT_MULTI_PLATFORM: String(isList) }),
    ...withPrefix(attrs, "build-arg:"),
  };
}

const withPrefix = (attrs: Attrs, prefix: string): Readonly<Record<string, string>> =>
  Object.fromEntries(
    [...attrs].flatMap(([name, value]) =>
      name.startsWith(prefix) ? [[name.slice(prefix.length), value]] : [],
    ),
  );

/** "name=ip,other=ip". */
function extraHosts(text: string): readonly string[] {
  if (text === "") return [];
  return text.split(",").map((pair) => {
    const [, name, ip] = /^([^=]+)=(.+)$/.exec(pair) ?? [];
    if (name !== undefined && ip !== undefined) return `${name}:${ip}`;
    throw new Failure("OPTION_INVALID", { option: "add-hosts", got: pair, want: "host=ip" });
  });
}
