import { posix } from "node:path";
import type { ProvenanceWanted } from "../../core/build-attestations.ts";
import { type Digest, isDigest } from "../../core/digest.ts";
import { formatPlatform, hostPlatform } from "../../core/platform.ts";
import { parseReference, withDefaultTag } from "../../core/reference.ts";
import { withoutPassword } from "../../core/url-password.ts";
import type { GivenId, Material, ProvenanceFacts } from "../../image/attestations/provenance.ts";
import { packageUrl } from "../../image/packages/package-url.ts";
import type { Outcomes, Plan, PlannedMount, RemoteSource, Step } from "../plan/step.ts";
import type { BaseImage } from "../ports.ts";
import type { BuildRequest } from "../types.ts";

type Request = Pick<
  BuildRequest,
  | "origin"
  | "dockerfile"
  | "contexts"
  | "buildArgs"
  | "labels"
  | "target"
  | "platforms"
  | "network"
  | "extraHosts"
  | "sourceDateEpoch"
>;

export interface Built {
  readonly request: Request;
  readonly plan: Plan;
  readonly outcomes: Outcomes;
  /** What was found at each source elsewhere: the digest of a file, the commit of a repository. */
  readonly fetched: ReadonlyMap<RemoteSource, string>;
}

/**
 * What the provenance of a build says: a pure function of what was asked for and what went in. What cannot matter for the image is left out:
 * whether the cache was used, the machine, the time.
 */
export function provenanceFacts(
  { request, plan, outcomes, fetched }: Built,
  { mode = "min", builderId, reproducible = false }: ProvenanceWanted,
): ProvenanceFacts {
  const { origin, dockerfile, contexts = {} } = request;
  const materials = unique(plan.steps.flatMap((step) => materialsOf(step, fetched)));
  const folders = Object.entries(contexts).filter(([, { kind }]) => kind === "directory");
  const given = givenValues(request);
  const isFull = mode === "max";
  const locals = [
    ...(origin === undefined ? ["context", "dockerfile"] : []),
    ...folders.map(([name]) => name),
  ];
  return {
    builderId,
    builderPlatform: formatPlatform(hostPlatform()),
    source: {
      ...(origin === undefined || origin === "-" ? {} : { uri: withoutPassword(origin) }),
      path: posix.basename(dockerfile.name),
    },
    args: sorted({ ...plainArgs(request), ...(isFull ? given : {}) }),
    secrets: isFull ? idsOf(plan, "secret") : [],
    ssh: isFull ? idsOf(plan, "ssh") : [],
    locals,
    materials,
    complete: {
      parameters: isFull || Object.keys(given).length === 0,
      // What was in a folder has no name by which others could find it.
      materials:
        locals.length === 0 &&
        origin === undefined &&
        materials.every(({ digest, commit }) => (digest ?? commit) !== undefined),
    },
    reproducible,
    ...(isFull ? { details: { dockerfile: dockerfile.text, steps: stepsOf(plan, outcomes) } } : {}),
  };
}

/** BuildKit's names of attributes that tell no values of users. */
function plainArgs({
  target,
  platforms = [],
  network,
  extraHosts,
  contexts = {},
}: Request): Record<string, string> {
  const images = Object.entries(contexts).flatMap(([name, context]) =>
    context.kind === "image" ? [[`context:${name}`, `docker-image://${context.reference}`] as const] : [],
  );
  return {
    ...(target === undefined ? {} : { target }),
    ...(platforms.length === 0 ? {} : { platform: platforms.map(formatPlatform).join(",") }),
    ...(network === "default" ? {} : { "force-network-mode": network }),
    ...(extraHosts.length === 0 ? {} : { "add-hosts": extraHosts.join(",") }),
    ...Object.fromEntries(images),
  };
}

/** Proxies are the machine's, and their URLs have passwords. */
const PROXIES = /^(?:https?|ftp|no|all)_proxy$/i;

function givenValues({ buildArgs, labels, sourceDateEpoch }: Request): Record<string, string> {
  const epoch = sourceDateEpoch === undefined ? {} : { SOURCE_DATE_EPOCH: String(sourceDateEpoch) };
  const shown = Object.entries({ ...epoch, ...buildArgs }).filter(([name]) => !PROXIES.test(name));
  return {
    ...Object.fromEntries(shown.map(([name, value]) => [`build-arg:${name}`, value])),
    ...Object.fromEntries(Object.entries(labels).map(([name, value]) => [`label:${name}`, value])),
  };
}

function materialsOf(step: Step, fetched: Built["fetched"]): readonly Material[] {
  if (step.kind === "image") return [materialOf(step.image)];
  return step.kind === "fetch"
    ? step.sources.map((source) => remoteMaterial(source, fetched.get(source)))
    : [];
}

function materialOf({ reference, digest, config }: BaseImage): Material {
  const known = digest === undefined ? {} : { digest };
  // An image of the store that was named by its id.
  if (isDigest(reference)) return known;
  const { domain, path, tag, digest: pinned } = withDefaultTag(parseReference(reference));
  const [name = "", ...parents] = path.split("/").reverse();
  const isHub = domain === "docker.io";
  const namespace = [...(isHub ? [] : [domain]), ...parents.reverse()].filter(
    (part) => !isHub || part !== "library",
  );
  const uri = packageUrl({
    type: "docker",
    namespace: namespace.length === 0 ? undefined : namespace.join("/"),
    name,
    version: tag,
    qualifiers: { digest: pinned, platform: formatPlatform(config) },
  });
  return { uri, ...known };
}

function remoteMaterial(source: RemoteSource, found = ""): Material {
  if (source.kind === "http")
    return { uri: withoutPassword(source.url), ...(isDigest(found) ? { digest: found } : {}) };
  const ref = source.ref === "" ? "" : `#${source.ref}`;
  return { uri: `${withoutPassword(source.remote)}${ref}`, ...(found === "" ? {} : { commit: found }) };
}

/** What is given to commands, by id; optional when no command needs it. */
function idsOf(plan: Plan, kind: "secret" | "ssh"): readonly GivenId[] {
  const required = new Map<string, boolean>();
  for (const mount of plan.steps.flatMap(mountsOf))
    if (mount.kind === kind) required.set(mount.id, mount.required || required.get(mount.id) === true);
  return [...required]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([id, isRequired]) => (isRequired ? { id } : { id, optional: true }));
}

const mountsOf = (step: Step): readonly PlannedMount[] => (step.kind === "run" ? step.mounts : []);

const stepsOf = ({ steps }: Plan, outcomes: Outcomes) =>
  steps.map((step) => ({ name: step.name, line: step.at.line, ...layerOf(step, outcomes) }));

function layerOf(step: Step, outcomes: Outcomes): { readonly layer?: Digest } {
  const layer = step.kind === "image" ? undefined : outcomes.get(step.id)?.layers.at(-1);
  return layer === undefined ? {} : { layer };
}

function unique(materials: readonly Material[]): readonly Material[] {
  const byText = new Map(
    materials.map((material) => [JSON.stringify([material.uri, material.digest, material.commit]), material]),
  );
  return [...byText].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, material]) => material);
}

const sorted = (args: Readonly<Record<string, string>>): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(args).sort(([a], [b]) => (a < b ? -1 : 1)));
