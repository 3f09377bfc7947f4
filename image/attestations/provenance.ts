import type { ProvenanceVersion } from "../../core/build-attestations.ts";
import { type Digest, hexOf } from "../../core/digest.ts";
import type { Document } from "../../core/document.ts";
import { VERSION } from "../../core/version.ts";
import type { Predicate } from "./statement.ts";

/** Something that went into an image: an image, a file of the web. */
export interface Material {
  /** A package URL or a URL, without passwords. Absent for what has no name. */
  readonly uri?: string;
  /** Absent for what is known by its name alone, or by its commit. */
  readonly digest?: Digest;
  /** Of a git repository, in hexadecimal. */
  readonly commit?: string;
}

/** What a provenance says, in neither version's words. No field depends on a clock, a machine or what was cached. */
export interface ProvenanceFacts {
  /** A URI of who built, if not this program for itself. */
  readonly builderId?: string | undefined;
  /** "linux/amd64" */
  readonly builderPlatform: string;
  /** Where the context came from when that is a URL, and the name of the Dockerfile. */
  readonly source: { readonly uri?: string; readonly path: string };
  /** BuildKit's names for what was asked for: "target", "build-arg:NAME". */
  readonly args: Readonly<Record<string, string>>;
  /** Ids; what they stand for is known to nobody here. */
  readonly secrets: readonly GivenId[];
  readonly ssh: readonly GivenId[];
  /** Names of folders that were given. */
  readonly locals: readonly string[];
  readonly materials: readonly Material[];
  readonly complete: { readonly parameters: boolean; readonly materials: boolean };
  /** A claim of whoever asked for the build. */
  readonly reproducible: boolean;
  /** Only of a full one. */
  readonly details?: { readonly dockerfile: string; readonly steps: readonly BuiltStep[] };
}
export interface GivenId {
  readonly id: string;
  readonly optional?: true;
}
export interface BuiltStep {
  readonly name: string;
  readonly line: number;
  /** The layer it made. */
  readonly layer?: Digest;
}

/** By whom an image is said to be built unless the build was told another. */
const DEFAULT_BUILDER_ID = "pkg:generic/slipway";

/** https://github.com/moby/buildkit/blob/master/docs/attestations/slsa-definitions.md says what the parameters mean. */
const WRITERS: Readonly<
  Record<ProvenanceVersion, { readonly type: string; readonly write: (facts: ProvenanceFacts) => Document }>
> = {
  v1: { type: "https://slsa.dev/provenance/v1", write: writeV1 },
  "v0.2": { type: "https://slsa.dev/provenance/v0.2", write: writeV02 },
};

/** A SLSA provenance; the same facts give the same bytes. https://slsa.dev/spec/v1.1/provenance */
export function encodeProvenance(facts: ProvenanceFacts, version: ProvenanceVersion): Predicate {
  const { type, write } = WRITERS[version];
  return { type, document: Buffer.from(JSON.stringify(write(facts))) };
}

function writeV1(facts: ProvenanceFacts): Document {
  const { source, complete, reproducible } = facts;
  return {
    buildDefinition: {
      buildType: "https://github.com/moby/buildkit/blob/master/docs/attestations/slsa-definitions.md",
      externalParameters: { configSource: source, request: requestOf(facts) },
      internalParameters: { ...configOf(facts), builderPlatform: facts.builderPlatform },
      resolvedDependencies: facts.materials.map(resourceOf),
    },
    runDetails: {
      builder: { id: facts.builderId ?? DEFAULT_BUILDER_ID, version: { slipway: VERSION } },
      metadata: {
        buildkit_completeness: { request: complete.parameters, resolvedDependencies: complete.materials },
        buildkit_reproducible: reproducible,
        ...detailsOf(facts, "buildkit_metadata"),
      },
    },
  };
}

function writeV02(facts: ProvenanceFacts): Document {
  const { source, complete, reproducible } = facts;
  return {
    builder: { id: facts.builderId ?? DEFAULT_BUILDER_ID },
    buildType: "https://mobyproject.org/buildkit@v1",
    invocation: {
      configSource: {
        ...(source.uri === undefined ? {} : { uri: source.uri }),
        entryPoint: source.path,
      },
      parameters: requestOf(facts),
      environment: { platform: facts.builderPlatform },
    },
    ...configOf(facts),
    metadata: {
      completeness: { parameters: complete.parameters, environment: true, materials: complete.materials },
      reproducible,
      ...detailsOf(facts, "https://mobyproject.org/buildkit@v1#metadata"),
    },
    materials: facts.materials.map(resourceOf),
  };
}

function requestOf({ args, secrets, ssh, locals }: ProvenanceFacts): Document {
  return {
    frontend: "dockerfile.v0",
    args,
    ...(secrets.length === 0 ? {} : { secrets }),
    ...(ssh.length === 0 ? {} : { ssh }),
    ...(locals.length === 0 ? {} : { locals: locals.map((name) => ({ name })) }),
  };
}

const configOf = ({ details }: ProvenanceFacts): Document =>
  details === undefined ? {} : { buildConfig: { steps: details.steps } };

/** The Dockerfile in base64, where and as BuildKit has it. */
function detailsOf({ details, source }: ProvenanceFacts, key: string): Document {
  if (details === undefined) return {};
  const data = Buffer.from(details.dockerfile).toString("base64");
  return { [key]: { source: { infos: [{ filename: source.path, language: "Dockerfile", data }] } } };
}

function resourceOf({ uri, digest, commit }: Material): Document {
  const [algorithm = ""] = digest?.split(":") ?? [];
  return {
    ...(uri === undefined ? {} : { uri }),
    ...(digest === undefined ? {} : { digest: { [algorithm]: hexOf(digest) } }),
    ...(commit === undefined ? {} : { digest: { [commit.length > 40 ? "sha256" : "sha1"]: commit } }),
  };
}
