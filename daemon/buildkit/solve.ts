import { isForImages } from "../../core/build-attestations.ts";
import { wantsList } from "../../core/builder-arguments.ts";
import type { Descriptor } from "../../core/descriptor.ts";
import type { Digest } from "../../core/digest.ts";
import { Failure } from "../../core/errors.ts";
import type { BuildEvent, BuildRequest, BuildResult, Engine, Entitlement } from "../../engine/api.ts";
import { CACHE_MANIFEST } from "../../wire/buildkit/content.ts";
import type { SolveRequest } from "../../wire/buildkit/control.ts";
import { OWN_ANSWERS } from "../../wire/slipway/build-attrs.ts";
import { fetchInput, type WholeInput } from "./build-input.ts";
import {
  type NamedCache,
  type NamedExport,
  readCacheExports,
  readCacheImport,
  withInline,
} from "./caches.ts";
import { type Outputs, readExporters } from "./exporters.ts";
import { sendOutputs } from "./file-outputs.ts";
import { type FrontendRequest, isBuiltIn, readFrontendAttrs } from "./frontend-attrs.ts";
import type { BuildJobs, Job } from "./jobs.ts";
import { pushImage } from "./push.ts";
import { cachesToRead, cachesToWrite } from "./session-caches.ts";
import { sessionCredentials } from "./session-credentials.ts";
import { sessionSecrets } from "./session-secrets.ts";
import { sessionSsh } from "./session-ssh.ts";
import type { Session, Sessions } from "./sessions.ts";
import { StatusWriter } from "./status-writer.ts";
import { subrequest } from "./subrequests.ts";
import { buildError, type SourceText } from "./typed-errors.ts";

export interface SolveParts {
  readonly engine: Pick<Engine, "builds" | "buildHistory" | "buildDebugger" | "images">;
  readonly jobs: BuildJobs;
  readonly sessions: Sessions;
}

/** What a client is told of the result: BuildKit's exporter response. */
export type ExporterResponse = ReadonlyMap<string, string>;

const FRONTEND = "dockerfile.v0";
const unsupported = (option: string): Failure => new Failure("OPTION_UNSUPPORTED", { option });

/**
 * Control.Solve. Without a frontend the client asks for a build on the bridge, under the same reference, and says there when it is done.
 * Rejects with an RpcError that has the lines of the Dockerfile.
 */
export async function solve(
  parts: SolveParts,
  request: SolveRequest,
  signal: AbortSignal,
): Promise<ExporterResponse> {
  const job = parts.jobs.open(request.ref, request.session);
  try {
    refuseUnsupported(request);
    const outputs = readExporters(request);
    const allow = request.entitlements.map(readEntitlement);
    const caches = {
      from: (request.cache?.imports ?? []).map(readCacheImport),
      to: readCacheExports(request.cache?.exports ?? []),
    };
    const wanted =
      request.frontend === "" ? await wantedOnBridge(job, signal) : readFrontendAttrs(request.frontendAttrs);
    if (wanted === undefined) return new Map();
    if (wanted.subrequest !== undefined) return await answered(parts, { job, wanted }, signal);
    if (outputs.files.length > 0 && isForImages(wanted.options.attestations))
      throw unsupported("an attestation with an output to files");
    refuseFiles(wanted, outputs);
    const session = await parts.sessions.get(request.session, signal);
    return await new Solve(parts, { job, session, wanted, outputs, allow, caches }, signal).run();
  } finally {
    parts.jobs.close(job);
  }
}

function refuseUnsupported(request: SolveRequest): void {
  const { frontend } = request;
  if ((request.definition?.byteLength ?? 0) > 0) throw unsupported("a build from LLB");
  if (frontend !== "" && frontend !== FRONTEND) throw unsupported(`the frontend ${frontend}`);
  if (request.frontendInputs.size > 0) throw unsupported("frontend inputs");
  if (request.sourcePolicy !== undefined || request.sourcePolicySession !== "")
    throw unsupported("a source policy");
}

/** Of a list of images clients are sent an archive, and no files. */
function refuseFiles({ options }: FrontendRequest, { files }: Outputs): void {
  const refused = wantsList(options) ? files.find(({ type }) => type !== "oci") : undefined;
  const { platforms = [] } = options;
  const what = platforms.length > 1 ? "several platforms" : "BUILDKIT_MULTI_PLATFORM";
  if (refused !== undefined) throw unsupported(`the output type=${refused.type} with ${what}`);
}

const ENTITLEMENTS = ["network.host", "security.insecure"] as const satisfies readonly Entitlement[];

/** `--allow`. Who reaches this API may do all of it anyway; a build has only what was asked for. */
function readEntitlement(text: string): Entitlement {
  const found = ENTITLEMENTS.find((name) => name === text);
  if (found === undefined) throw unsupported(`the entitlement ${text}`);
  return found;
}

/** Answers to questions are told to who asks on the bridge; here only what BuildKit tells of them: nothing by those names. */
async function answered(
  parts: SolveParts,
  asked: { readonly job: Job; readonly wanted: FrontendRequest },
  signal: AbortSignal,
): Promise<ExporterResponse> {
  await subrequest(parts, asked, signal);
  return new Map();
}

async function wantedOnBridge(job: Job, signal: AbortSignal): Promise<FrontendRequest | undefined> {
  const gone = new Promise<never>((_, reject) => {
    const cancelled = (): void => reject(new Failure("CANCELLED", { what: "the build" }));
    signal.addEventListener("abort", cancelled, { once: true });
  });
  const ref = await Promise.race([job.returned.promise, gone]);
  if (ref === undefined) return undefined;
  const wanted = job.requests.get(ref);
  if (wanted === undefined) throw new Failure("REQUEST_INVALID", { why: `no such result ${ref}` });
  return wanted;
}

/** What the bridge was asked for. Throws OPTION_UNSUPPORTED. */
export function readBridgeRequest(frontend: string, attrs: ReadonlyMap<string, string>): FrontendRequest {
  const isForwarded = frontend === "gateway.v0" && isBuiltIn(attrs.get("source") ?? "");
  if (frontend !== FRONTEND && !isForwarded)
    throw unsupported(
      frontend === "gateway.v0" ? `the frontend ${attrs.get("source")}` : `the frontend ${frontend}`,
    );
  return readFrontendAttrs(attrs);
}

interface Asked {
  readonly job: Job;
  readonly session: Session;
  readonly wanted: FrontendRequest;
  readonly outputs: Outputs;
  readonly allow: readonly Entitlement[];
  readonly caches: { readonly from: readonly NamedCache[]; readonly to: readonly NamedExport[] };
}

/** Titles by which the builder shows what was shown already while it came from the client. */
const SHOWN = /^\[internal\] load build (?:definition|context)/;

class Solve {
  readonly #engine: SolveParts["engine"];
  readonly #asked: Asked;
  readonly #signal: AbortSignal;
  readonly #status: StatusWriter;
  readonly #hidden = new Set<string>();
  readonly #explanations: Extract<BuildEvent, { readonly type: "explained" }>[] = [];
  #source: SourceText | undefined;
  /** What the client has now in a folder of its own. */
  #cache: Descriptor | undefined;

  constructor({ engine }: SolveParts, asked: Asked, signal: AbortSignal) {
    this.#engine = engine;
    this.#asked = asked;
    // A client that is gone needs nothing any more.
    this.#signal = AbortSignal.any([signal, asked.session.channel.signal]);
    this.#status = new StatusWriter({
      ref: asked.job.ref,
      write: (status) => asked.job.status.push(status),
      source: () => this.#source,
    });
  }

  async run(): Promise<ExporterResponse> {
    const { session, wanted } = this.#asked;
    const { builds } = this.#engine;
    const report = (event: BuildEvent): void => this.#status.event(event);
    try {
      await using input = await fetchInput({
        builds,
        session,
        request: wanted,
        report,
        signal: this.#signal,
      });
      this.#source = input.dockerfile;
      if (wanted.verify !== undefined) return await this.#verify(input, wanted.verify);
      const result = await this.#build(input);
      const exported = await this.#export(result);
      return new Map([...exported, ...this.#cached(), ...this.#explained(), ...this.#members(result)]);
    } catch (error) {
      throw buildError(error, this.#source);
    } finally {
      this.#status.close();
    }
  }

  #build(input: WholeInput): Promise<BuildResult> {
    const options = { signal: this.#signal, ref: this.#asked.job.ref };
    return this.#engine.builds.build(this.#request(input), (event) => this.#shown(event), options);
  }

  async #verify(input: WholeInput, image: Digest): Promise<ExporterResponse> {
    const options = { signal: this.#signal };
    const report = (event: BuildEvent): void => this.#shown(event);
    const found = await this.#engine.builds.verify(this.#request(input), image, report, options);
    return new Map([[OWN_ANSWERS.differences, JSON.stringify(found)]]);
  }

  #request({ context, origin, dockerfile, contexts }: WholeInput): BuildRequest {
    const { session, wanted, outputs, allow, caches } = this.#asked;
    return {
      ...wanted.options,
      cacheFrom: cachesToRead(session, [...caches.from, ...wanted.caches]),
      cacheTo: cachesToWrite(session, withInline(caches.to, wanted.options.buildArgs), (manifest) => {
        this.#cache = manifest;
      }),
      context,
      ...(origin === undefined ? {} : { origin }),
      dockerfile,
      contexts,
      allow,
      tags: outputs.tags,
      annotations: outputs.annotations,
      credentials: sessionCredentials(session, this.#signal),
      secrets: sessionSecrets(session),
      ssh: sessionSsh(session),
    };
  }

  #cached(): readonly (readonly [string, string])[] {
    return this.#cache === undefined ? [] : [[CACHE_MANIFEST, JSON.stringify(this.#cache)]];
  }

  /** Only when it was asked for: clients show answers that they do not know. */
  #explained(): readonly (readonly [string, string])[] {
    if (this.#asked.wanted.options.explain !== true) return [];
    const steps = this.#explanations.map(({ id, name, cause }) => ({ id, name, cause }));
    return [[OWN_ANSWERS.explained, JSON.stringify(steps)]];
  }

  #members({ members = [] }: BuildResult): readonly (readonly [string, string])[] {
    return this.#asked.wanted.tellsMembers ? [[OWN_ANSWERS.members, JSON.stringify(members)]] : [];
  }

  #shown(event: BuildEvent): void {
    if (event.type === "explained") this.#explanations.push(event);
    if (event.type === "step" && SHOWN.test(event.name)) this.#hidden.add(event.id);
    if (!("id" in event) || event.id === undefined || !this.#hidden.has(event.id)) this.#status.event(event);
  }

  async #export(result: BuildResult): Promise<ExporterResponse> {
    const { images } = this.#engine;
    const { session, outputs } = this.#asked;
    const { image, tags } = result;
    const descriptor = result.index ?? (await images.get(image)).record.manifest;
    const shared = { report: (event: BuildEvent) => this.#status.event(event), signal: this.#signal };
    if (outputs.push) {
      const credentials = sessionCredentials(session, this.#signal);
      await pushImage(images, tags, { credentials, ...shared });
    }
    await sendOutputs(outputs.files, result, { images, session, ...shared });
    return new Map([
      ["containerimage.config.digest", image],
      ["containerimage.digest", descriptor.digest],
      ["containerimage.descriptor", Buffer.from(JSON.stringify(descriptor)).toString("base64")],
      ...(tags.length === 0 ? [] : [["image.name", outputs.tags.join(",")] as const]),
    ]);
  }
}
