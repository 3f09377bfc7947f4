import { writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import { Failure } from "../../core/errors.ts";
import { parsePlatform } from "../../core/platform.ts";
import type { BuildEvent, BuildRequest, Entitlement } from "../../engine/api.ts";
import { isRemote, readBuildInput } from "../build-input.ts";
import { readCacheSources, readCacheTargets } from "../build-options/caches.ts";
import { check } from "../build-options/check.ts";
import { readNamedContexts } from "../build-options/contexts.ts";
import { Explanation } from "../build-options/explanation.ts";
import { namesOf, onlyPushes, readOutputs } from "../build-options/outputs.ts";
import { readSecrets } from "../build-options/secrets.ts";
import { readSsh } from "../build-options/ssh.ts";
import { writeMetadata, writeOutputs } from "../build-options/write-outputs.ts";
import { defineCommand } from "../command.ts";
import { keyValues, readLabels } from "../container/key-values.ts";
import { type Context, print } from "../context.ts";
import { createProgress, PROGRESS_MODES, type ProgressMode } from "../progress/progress.ts";
import { interruptible } from "../signals.ts";

const ENTITLEMENTS = ["network.host", "security.insecure"] as const satisfies readonly Entitlement[];
const NETWORKS = ["default", "host", "none"] as const;

export const build = defineCommand({
  usage: "[OPTIONS] PATH | URL | -",
  flags: {
    "add-host": { kind: "list", help: 'Add a custom host-to-IP mapping ("host:ip")' },
    allow: {
      kind: "list",
      help: `Allow extra privileged entitlement (${ENTITLEMENTS.map((name) => JSON.stringify(name)).join(", ")})`,
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
    label: { kind: "list", help: "Set metadata for an image" },
    load: { kind: "bool", hidden: true, help: "The result is always in the local store" },
    "metadata-file": { kind: "string", help: "Write build result metadata to a file" },
    network: {
      kind: "string",
      default: "default",
      help: "Set the networking mode for the RUN instructions during build",
    },
    "no-cache": { kind: "bool", help: "Do not use cache when building the image" },
    output: {
      kind: "list",
      short: "o",
      help: 'Output destination (format: "type=local|tar|oci|docker|image|registry,dest=path")',
    },
    platform: { kind: "string", help: "Set target platform for build" },
    progress: {
      kind: "string",
      default: "auto",
      help: `Set type of progress output (${PROGRESS_MODES.map((mode) => JSON.stringify(mode)).join(", ")})`,
    },
    push: { kind: "bool", help: 'Shorthand for "--output=type=registry"' },
    pull: { kind: "bool", help: "Always attempt to pull all referenced images" },
    quiet: { kind: "bool", short: "q", help: "Suppress the build output and print image ID on success" },
    rm: { kind: "bool", default: true, hidden: true, help: "Remove intermediate containers" },
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
    target: { kind: "string", help: "Set the target build stage to build" },
  },
  unsupported: [
    "annotation",
    "attest",
    "builder",
    "call",
    "cgroup-parent",
    "compress",
    "cpu-period",
    "cpu-quota",
    "cpu-shares",
    "c",
    "cpuset-cpus",
    "cpuset-mems",
    "isolation",
    "memory",
    "m",
    "memory-swap",
    "no-cache-filter",
    "provenance",
    "sbom",
    "security-opt",
    "shm-size",
    "ulimit",
  ],
  args: { min: 1, max: 1 },
  completes: "file",
  async run(context, [path = ""], flags) {
    if (flags.squash)
      throw new Failure(
        "OPTION_UNSUPPORTED",
        { option: "--squash" },
        {
          hint: "a squashed image shares no layer with any other; let a last stage copy what the image needs",
        },
      );
    if (!flags.rm) throw new Failure("OPTION_UNSUPPORTED", { option: "--rm=false" });
    const mode = flags.quiet ? "quiet" : readMode(flags.progress);
    const outputs = readOutputs(flags, context.cwd);
    const tags = namesOf(outputs, flags.tag);
    if (tags.length === 0 && outputs.some((output) => output.type === "image" && output.push))
      throw new Failure("OPTION_INVALID", { option: "--push", got: "", want: "a tag: -t NAME" });
    const secrets = await readSecrets(flags.secret, context);
    const ssh = await readSsh(flags.ssh, context);
    using interrupted = interruptible(context);
    const builds = async () => (await context.engine()).builds;
    const fetching = { ...interrupted, builds, ...(secrets === undefined ? {} : { secrets }) };
    await using input = await readBuildInput(context, path, { ...fetching, file: flags.file });
    await using named = await readNamedContexts(context, flags["build-context"], fetching);
    const request: BuildRequest = {
      context: input.directory,
      ...(isRemote(path) || path === "-" ? { origin: path } : {}),
      dockerfile: input.dockerfile,
      contexts: named.contexts,
      tags,
      buildArgs: buildArgs(context, flags["build-arg"]),
      labels: readLabels([], flags.label),
      noCache: flags["no-cache"],
      explain: flags.explain !== undefined,
      pull: flags.pull,
      network: readNetwork(flags.network),
      extraHosts: flags["add-host"].map(readHost),
      allow: flags.allow.map(readEntitlement),
      cacheFrom: readCacheSources(flags["cache-from"], context.cwd),
      cacheTo: readCacheTargets(flags["cache-to"], context.cwd),
      pushOnly: onlyPushes(outputs),
      ...(secrets === undefined ? {} : { secrets }),
      ...(ssh === undefined ? {} : { ssh }),
      ...(flags.target === undefined ? {} : { target: flags.target }),
      ...(flags.platform === undefined ? {} : { platform: parsePlatform(flags.platform) }),
      ...sourceDateEpoch(context.env["SOURCE_DATE_EPOCH"]),
    };
    if (flags.check) return await check(context, await builds(), { request, ...interrupted });
    const explanation = new Explanation(flags.explain);
    const progress = await createProgress(mode, context.stderr, { env: context.env });
    try {
      const report = (event: BuildEvent): void => {
        explanation.report(event);
        progress.report(event);
      };
      const result = await (await builds()).build(request, report, interrupted);
      progress.close();
      await explanation.print(context);
      const { images } = await context.engine();
      const writing = { context, images, quiet: flags.quiet, signal: interrupted.signal };
      const pushed = await writeOutputs(outputs, result, writing);
      const { iidfile, "metadata-file": metadata } = flags;
      if (iidfile !== undefined) await writeFile(resolve(context.cwd, iidfile), result.image);
      if (metadata !== undefined) await writeMetadata(metadata, { ...result, pushed }, writing);
      const toStandardOutput = outputs.some((output) => "file" in output && output.file === undefined);
      if (flags.quiet && !toStandardOutput) await print(context, result.image);
    } finally {
      progress.close();
    }
    return 0;
  },
});

function readMode(text: string): ProgressMode {
  const mode = PROGRESS_MODES.find((name) => name === text);
  if (mode !== undefined) return mode;
  throw new Failure("OPTION_INVALID", { option: "--progress", got: text, want: PROGRESS_MODES.join(", ") });
}

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

/** A bare NAME takes its value from the environment, and is no argument at all when it is not set there. */
function buildArgs(context: Context, given: readonly string[]): Record<string, string> {
  return keyValues(
    given.flatMap((text) => {
      if (text.includes("=")) return [text];
      const value = context.env[text];
      return value === undefined ? [] : [`${text}=${value}`];
    }),
  );
}

/** "name:ip", or "name=ip" as BuildKit also takes it. */
function readHost(text: string): string {
  const [, name, ip] = /^([^:=]+)[:=](.+)$/.exec(text) ?? [];
  if (name === undefined || ip === undefined)
    throw new Failure("OPTION_INVALID", { option: "--add-host", got: text, want: "host:ip" });
  return `${name}:${ip}`;
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
