import type { Entitlement } from "../../engine/api.ts";
import type { Flags } from "../flags.ts";
import { PROGRESS_MODES } from "../progress/progress.ts";
import { CALLS } from "./calls.ts";
import { RESOURCE_FLAGS } from "./resources.ts";
import { SETTLED_FLAGS } from "./settled-flags.ts";

export const ENTITLEMENTS = ["network.host", "security.insecure"] as const satisfies readonly Entitlement[];

const quoted = (words: readonly string[]): string => words.map((word) => JSON.stringify(word)).join(", ");

/** The flags of `build`, as docker and buildx name them. */
export const BUILD_FLAGS = {
  "add-host": { kind: "list", help: 'Add a custom host-to-IP mapping ("host:ip")' },
  allow: {
    kind: "list",
    help: `Allow extra privileged entitlement (${quoted(ENTITLEMENTS)})`,
  },
  annotation: { kind: "list", help: 'Add annotation to the image ("[manifest[PLATFORM]:]key=value")' },
  attest: {
    kind: "list",
    help: 'Attestation parameters (format: "type=sbom|provenance,mode=min|max")',
  },
  "build-arg": { kind: "list", help: "Set build-time variables" },
  "build-context": { kind: "list", help: 'Additional build contexts (e.g., "name=path")' },
  "cache-from": {
    kind: "list",
    help: 'External cache sources (e.g., "user/app:cache", "type=local,src=path/to/dir")',
  },
  "cache-to": {
    kind: "list",
    help: 'Cache export destinations (e.g., "user/app:cache", "type=local,dest=path/to/dir")',
  },
  call: {
    kind: "string",
    default: "build",
    help: `Set what is done with the Dockerfile (${quoted(CALLS)}), and how it is told ("outline,format=json")`,
  },
  check: { kind: "bool", help: "Only check the Dockerfile, and fail when there is a warning" },
  explain: {
    kind: "string",
    alone: "text",
    help: 'Tell why each step that was performed was not cached ("text", "json")',
  },
  file: { kind: "string", short: "f", help: 'Name of the Dockerfile (Default is "PATH/Dockerfile")' },
  // The classic builder's names for what always holds here: nothing is left of a step's container.
  "force-rm": { kind: "bool", hidden: true, help: "Always remove intermediate containers" },
  iidfile: { kind: "string", help: "Write the image ID to the file" },
  jobs: {
    kind: "int",
    help: "Run at most so many steps at the same time (default 16, or one per processor)",
  },
  label: { kind: "list", help: "Set metadata for an image" },
  load: { kind: "bool", hidden: true, help: "The result is always in the local store" },
  "metadata-file": { kind: "string", help: "Write build result metadata to a file" },
  network: {
    kind: "string",
    default: "default",
    help: "Set the networking mode for the RUN instructions during build",
  },
  "no-cache": { kind: "bool", help: "Do not use cache when building the image" },
  "no-cache-filter": { kind: "list", help: "Do not cache specified stages" },
  "on-error": {
    kind: "string",
    help: 'What to do when a step fails ("shell": enter what it left, with its mounts and environment)',
  },
  output: {
    kind: "list",
    short: "o",
    help: 'Output destination (format: "type=local|tar|oci|docker|image|registry,dest=path")',
  },
  platform: { kind: "list", help: "Set target platforms for build, one or several with commas" },
  progress: {
    kind: "string",
    default: "auto",
    help: `Set type of progress output (${quoted(PROGRESS_MODES)})`,
  },
  provenance: {
    kind: "string",
    help: 'Shorthand for "--attest=type=provenance" ("true", "false", "mode=max,version=v1")',
  },
  push: { kind: "bool", help: 'Shorthand for "--output=type=registry"' },
  pull: { kind: "bool", help: "Always attempt to pull all referenced images" },
  quiet: { kind: "bool", short: "q", help: "Suppress the build output and print image ID on success" },
  rm: { kind: "bool", default: true, hidden: true, help: "Remove intermediate containers" },
  sbom: { kind: "string", help: 'Shorthand for "--attest=type=sbom" ("true", "false")' },
  secret: {
    kind: "list",
    help: 'Secret to expose to the build ("id=mysecret[,src=/local/secret|env=VAR]")',
  },
  squash: { kind: "bool", hidden: true, help: "Squash newly built layers into a single new layer" },
  ssh: {
    kind: "list",
    help: 'SSH agent socket or keys to expose to the build ("default|<id>[=<socket>|<key>[,<key>]]")',
  },
  tag: { kind: "list", short: "t", help: 'Name and optionally a tag in the "name:tag" format' },
  verify: {
    kind: "bool",
    help: "Build again without the cache, and fail with what differs, down to the file",
  },
  target: { kind: "string", help: "Set the target build stage to build" },
  ...RESOURCE_FLAGS,
  ...SETTLED_FLAGS,
} as const satisfies Flags;

export const UNSUPPORTED_BUILD_FLAGS = ["security-opt"] as const;
