import { parseAnnotation } from "../../core/annotations.ts";
import { isRemoteContext } from "../../core/build-context.ts";
import { switchArgument, wantsList } from "../../core/builder-arguments.ts";
import { Failure } from "../../core/errors.ts";
import type { BuildRequest, Entitlement } from "../../engine/api.ts";
import type { BuildInput } from "../build-input.ts";
import { readLabels } from "../container/key-values.ts";
import type { Context } from "../context.ts";
import type { FlagValues } from "../flags.ts";
import { readAttestations } from "./attestations.ts";
import { readCacheSources, readCacheTargets } from "./caches.ts";
import { type BUILD_FLAGS, ENTITLEMENTS } from "./flags.ts";
import { type Output, onlyPushes } from "./outputs.ts";
import { checkPlatforms, readPlatforms } from "./platforms.ts";
import { readResources } from "./resources.ts";

const NETWORKS = ["default", "host", "none"] as const;

/** What was brought here before the request can be made. */
export interface Brought {
  /** As the context was named on the command line. */
  readonly path: string;
  readonly input: Pick<BuildInput, "directory" | "dockerfile">;
  readonly contexts: NonNullable<BuildRequest["contexts"]>;
  readonly buildArgs: BuildRequest["buildArgs"];
  readonly tags: readonly string[];
  readonly outputs: readonly Output[];
  readonly secrets: BuildRequest["secrets"];
  readonly ssh: BuildRequest["ssh"];
}

/** Translates the command line of `build` to the engine's request. Throws OPTION_INVALID, PLATFORM_INVALID. */
export function readRequest(
  context: Context,
  flags: FlagValues<typeof BUILD_FLAGS>,
  { path, input, contexts, buildArgs, tags, outputs, secrets, ssh }: Brought,
): BuildRequest {
  const { directory, dockerfile } = input;
  const platforms = readPlatforms(flags.platform);
  const cacheTo = readCacheTargets([...flags["cache-to"], ...inlineCache(buildArgs)], context.cwd);
  const isList = wantsList({ platforms, buildArgs });
  checkPlatforms(platforms, { isList, outputs, cacheTo });
  const attestations = readAttestations(flags, outputs);
  return {
    context: directory,
    ...(isRemoteContext(path) || path === "-" ? { origin: path } : {}),
    dockerfile,
    contexts,
    tags,
    buildArgs,
    labels: readLabels([], flags.label),
    ...readAnnotations(flags.annotation, outputs),
    ...readNoCache(flags),
    explain: flags.explain !== undefined,
    pull: flags.pull,
    network: readNetwork(flags.network),
    extraHosts: flags["add-host"].map(readHost),
    allow: flags.allow.map(readEntitlement),
    resources: readResources(flags),
    cacheFrom: readCacheSources(flags["cache-from"], context.cwd),
    cacheTo,
    pushOnly: onlyPushes(outputs),
    ...readJobs(flags.jobs),
    ...(attestations === undefined ? {} : { attestations }),
    ...(secrets === undefined ? {} : { secrets }),
    ...(ssh === undefined ? {} : { ssh }),
    ...(flags.target === undefined ? {} : { target: flags.target }),
    ...(platforms.length === 0 ? {} : { platforms }),
    ...sourceDateEpoch(context.env["SOURCE_DATE_EPOCH"]),
    ...epochOf(outputs),
  };
}

/** Those of outputs too: a manifest has all of them. */
function readAnnotations(
  texts: readonly string[],
  outputs: readonly Output[],
): Pick<BuildRequest, "annotations"> {
  const own = outputs.flatMap((output) => ("annotations" in output ? output.annotations : []));
  const annotations = [...texts.flatMap(parseAnnotation), ...own];
  return annotations.length === 0 ? {} : { annotations };
}

function readNoCache({
  "no-cache": noCache,
  "no-cache-filter": stages,
}: FlagValues<typeof BUILD_FLAGS>): Pick<BuildRequest, "noCache" | "noCacheStages"> {
  const noCacheStages = stages.flatMap((text) => text.split(",")).filter((name) => name !== "");
  if (noCache && noCacheStages.length > 0)
    throw new Failure("OPTIONS_CONFLICT", { one: "--no-cache", other: "--no-cache-filter" });
  return noCacheStages.length === 0 ? { noCache } : { noCache, noCacheStages };
}

function readJobs(jobs: number | undefined): { readonly jobs?: number } {
  if (jobs === undefined) return {};
  if (jobs >= 1) return { jobs };
  throw new Failure("OPTION_INVALID", { option: "--jobs", got: String(jobs), want: "1 or more" });
}

/** The argument that asked for an inline cache before there was a flag for it. */
const inlineCache = (buildArgs: Brought["buildArgs"]): readonly string[] =>
  switchArgument(buildArgs, "BUILDKIT_INLINE_CACHE") === true ? ["type=inline"] : [];

function readEntitlement(text: string): Entitlement {
  const found = ENTITLEMENTS.find((name) => name === text);
  if (found !== undefined) return found;
  throw new Failure("OPTION_INVALID", { option: "--allow", got: text, want: ENTITLEMENTS.join(", ") });
}

function readNetwork(text: string): BuildRequest["network"] {
  const network = NETWORKS.find((name) => name === text);
  if (network !== undefined) return network;
  throw new Failure("OPTION_INVALID", { option: "--network", got: text, want: NETWORKS.join(", ") });
}

/** "name:ip", or "name=ip" as BuildKit also takes it. */
function readHost(text: string): string {
  const [, name, ip] = /^([^:=]+)[:=](.+)$/.exec(text) ?? [];
  if (name === undefined || ip === undefined)
    throw new Failure("OPTION_INVALID", { option: "--add-host", got: text, want: "host:ip" });
  return `${name}:${ip}`;
}

/** There is one result, whatever is made of it. It goes before the environment. */
function epochOf(outputs: readonly Output[]): { sourceDateEpoch?: number } {
  const epochs = [...new Set(outputs.flatMap(({ sourceDateEpoch: epoch }) => epoch ?? []))];
  const [epoch, other] = epochs;
  if (other !== undefined)
    throw new Failure("OPTIONS_CONFLICT", {
      one: `source-date-epoch=${epoch}`,
      other: `source-date-epoch=${other}`,
    });
  return epoch === undefined ? {} : { sourceDateEpoch: epoch };
}

/** https://reproducible-builds.org/specs/source-date-epoch/ */
function sourceDateEpoch(text: string | undefined): { sourceDateEpoch?: number } {
  if (text === undefined || text === "") return {};
  if (!/^\d+$/.test(text)) {
    const want = "seconds since 1970-01-01";
    throw new Failure("OPTION_INVALID", { option: "SOURCE_DATE_EPOCH", got: text, want });
  }
  return { sourceDateEpoch: Number(text) };
}
