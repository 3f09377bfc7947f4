import { randomUUID } from "node:crypto";
import { aboveTls } from "../../core/above-tls.ts";
import { parseDigest } from "../../core/digest.ts";
import { Failure, isKind } from "../../core/errors.ts";
import type { CredentialSource } from "../../core/registry-credentials.ts";
import type { Abortable } from "../../core/streams.ts";
import type { BuildEvent, BuildRequest, BuildResult, ImageService } from "../../engine/api.ts";
import { CONTENT } from "../../wire/buildkit/content.ts";
import {
  SOLVE_REQUEST,
  SOLVE_RESPONSE,
  STATUS_REQUEST,
  STATUS_RESPONSE,
} from "../../wire/buildkit/control.ts";
import { Channel } from "../../wire/grpc/channel.ts";
import { text } from "../http/fields.ts";
import type { Transport } from "../http/transport.ts";
import { openCaches } from "./cache-options.ts";
import type { Uploads } from "./contexts.ts";
import { buildFailure } from "./failure.ts";
import { contentRpcs, type LentStores } from "./lend-blobs.ts";
import { fileSync } from "./lend-files.ts";
import { authRpcs, secretsRpcs, sshRpcs } from "./lend-secrets.ts";
import { readExplained, readMembers } from "./own-answers.ts";
import { type LentServices, openSession } from "./session.ts";
import { foldersOf, layoutsOf, solveRequest } from "./solve-request.ts";
import { StatusReader } from "./status-reader.ts";
import type { BuildTools } from "./tools.ts";

export const SOLVE = "/moby.buildkit.v1.Control/Solve";
const STATUS = "/moby.buildkit.v1.Control/Status";

export interface BuildParts {
  readonly transport: Transport;
  readonly credentials: CredentialSource;
  readonly images: Pick<ImageService, "inspect">;
  readonly tools: BuildTools;
  readonly uploads: Uploads;
}
interface Building extends Abortable {
  readonly request: BuildRequest;
  readonly report: (event: BuildEvent) => void;
  /** What the daemon's history calls it. */
  readonly ref?: string | undefined;
  /** Attributes of the frontend besides those of the request. */
  readonly attrs?: ReadonlyMap<string, string>;
}

/** Builds, and says which image that made. */
export async function runBuild(parts: BuildParts, building: Building): Promise<BuildResult> {
  const answer = await solve(parts, building);
  for (const event of readExplained(answer)) building.report(event);
  return { image: await imageOf(answer, parts.images), tags: building.request.tags, ...readMembers(answer) };
}

/**
 * Solves by BuildKit's protocol: the daemon reads what is lent to it on a session, and is called on another connection. Resolves with its answer.
 */
export async function solve(
  parts: BuildParts,
  { request, report, signal, ref = randomUUID(), attrs = new Map() }: Building,
): Promise<ReadonlyMap<string, string>> {
  const { transport, tools } = parts;
  const warn = (message: string): void => report({ type: "warning", message });
  const caches = await openCaches(request, { tools, warn });
  const asked = { ...solveRequest(request, { ref, attrs }), ...caches.asked };
  using session = await openSession(transport, lentServices(parts, request, caches.stores));
  using channel = new Channel(aboveTls(await transport.hijack({ method: "POST", path: "/grpc" }, "h2c")));
  const reader = new StatusReader(report);
  const options = signal === undefined ? {} : { signal };
  const followed = follow(channel, ref, { reader, ...options });
  try {
    const types = { request: SOLVE_REQUEST, response: SOLVE_RESPONSE };
    const { exporterResponse } = await channel.call(SOLVE, types, { ...asked, session: session.id }, options);
    await followed;
    await caches.finish(exporterResponse);
    return exporterResponse;
  } catch (error) {
    if (signal?.aborted === true) throw new Failure("CANCELLED", { what: "the build" }, { cause: error });
    // What the failed step wrote may still be on its way.
    await followed;
    throw buildFailure(error, { dockerfile: request.dockerfile, output: reader.failedOutput, tools });
  }
}

/** What is lent to a build; `caches`: folders that it reads and writes caches in. */
export function lentServices(
  { credentials, tools, uploads }: BuildParts,
  request: BuildRequest,
  caches: LentStores = new Map(),
): LentServices {
  const { secrets, ssh } = request;
  const stores = new Map([...layoutsOf(request, tools), ...caches]);
  return {
    "moby.filesync.v1.FileSync": fileSync(foldersOf(request), tools),
    "moby.upload.v1.Upload": uploads.rpcs,
    "moby.filesync.v1.Auth": authRpcs(request.credentials ?? credentials),
    ...(stores.size === 0 ? {} : { [CONTENT]: contentRpcs(stores) }),
    ...(secrets === undefined ? {} : { "moby.buildkit.secrets.v1.Secrets": secretsRpcs(secrets) }),
    ...(ssh === undefined ? {} : { "moby.sshforward.v1.SSH": sshRpcs(ssh) }),
  };
}

/** Tells what happens. A build whose progress cannot be followed goes on, and says itself how it ends. */
async function follow(
  channel: Channel,
  ref: string,
  { reader, ...options }: { readonly reader: StatusReader } & Abortable,
): Promise<void> {
  const types = { request: STATUS_REQUEST, response: STATUS_RESPONSE };
  try {
    await using talk = channel.converse(STATUS, types, options);
    await talk.send({ ref });
    talk.end();
    for await (const status of talk.messages) reader.read(status);
  } catch {
    // Solve fails too where it matters.
  }
}

/** Engines name an image by the digest of its config or by that of its manifest. */
async function imageOf(
  response: ReadonlyMap<string, string>,
  images: BuildParts["images"],
): Promise<BuildResult["image"]> {
  const digests = ["containerimage.config.digest", "containerimage.digest"].flatMap(
    (name) => response.get(name) ?? [],
  );
  for (const digest of digests) {
    try {
      return parseDigest(text(await images.inspect(digest), "Id"));
    } catch (error) {
      if (!isKind(error, "not-found")) throw error;
    }
  }
  throw new Failure("DAEMON_ANSWER_INVALID", { why: "it does not say which image was built" });
}
