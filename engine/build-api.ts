import type { BuildQuestions } from "../builder/build-questions.ts";
import type { CacheExport, CacheLocation } from "../builder/cache/remote/types.ts";
import type { BuildEvent } from "../builder/events.ts";
import type { Entitlement } from "../builder/plan/entitlements.ts";
import type { BuildResources, LayoutSource, SecretSource, SshSource } from "../builder/ports.ts";
import type { BuildRequest, BuildResult } from "../builder/types.ts";
import type { Digest } from "../core/digest.ts";
import type { Abortable, ByteStream } from "../core/streams.ts";
import type { BuildCacheEntry, CachePrune, PrunedCache } from "./build-cache-api.ts";

// What a command or a route handles besides the service itself.
export type {
  BuildEvent,
  BuildRequest,
  BuildResources,
  BuildResult,
  CacheExport,
  CacheLocation,
  Entitlement,
  LayoutSource,
  SecretSource,
  SshSource,
};

export interface BuildService extends BuildQuestions {
  /** Rejects with the first failure; a failing RUN is BUILD_STEP_FAILED with the excerpt, the output's end and the state before it. */
  build(
    request: BuildRequest,
    report: (event: BuildEvent) => void,
    options?: BuildOptions,
  ): Promise<BuildResult>;
  /**
   * Builds again without the cache, remembers nothing of that, and compares: what differs from `image`, which build() made of the same request;
   * nothing when the build is reproducible. Rejects as build() does.
   */
  verify(
    request: BuildRequest,
    image: Digest,
    report: (event: BuildEvent) => void,
    options?: Abortable,
  ): Promise<readonly ImageDifference[]>;
  /**
   * Unpacks a context from outside, a tar compressed in any way or not, into a folder of its own: neither names nor links in it lead out.
   * The caller disposes it. Rejects with ARCHIVE_INVALID, CONTEXT_TOO_LARGE, CANCELLED.
   */
  receive(tar: ByteStream, options?: Abortable): Promise<ReceivedContext>;
  /**
   * Brings a context that is elsewhere: a git repository, or a URL of a tar or of a Dockerfile, whose context is empty. The caller disposes it.
   * Rejects with GIT_FAILED, DOWNLOAD_FAILED and as receive() does.
   */
  fetchContext(source: string, options?: FetchOptions): Promise<FetchedContext>;
  /**
   * An image in an OCI layout, a folder, as a context of a build: the one named so, or else the latest or only one. Its blobs are read when a
   * build wants it. Rejects with CONTEXT_INVALID.
   */
  openLayout(path: string, which?: LayoutImage): Promise<LayoutSource>;
  /** What the build cache keeps, and how much it takes on the disk. */
  usage(): Promise<readonly BuildCacheEntry[]>;
  /** Removes of the cache what no build has now. Rejects with FILTER_UNKNOWN, OPTION_INVALID. */
  prune(request?: CachePrune): Promise<PrunedCache>;
}
export interface ImageDifference {
  /** In the root filesystem; absent where it is about the image. */
  readonly path?: string;
  /** "mode (0644 and 0600)", "content". */
  readonly what: string;
}
export interface BuildOptions extends Abortable {
  /** What the history calls the build; one of its own when absent. */
  readonly ref?: string;
}
export interface LayoutImage {
  readonly tag?: string;
  /** Goes before the tag. */
  readonly digest?: Digest;
}
export interface FetchOptions extends Abortable {
  /** GIT_AUTH_TOKEN and GIT_AUTH_HEADER for private repositories. */
  readonly secrets?: SecretSource;
  /** The `.git` of a repository stays, even if its URL does not say so. */
  readonly keepGitDir?: boolean | undefined;
}
export interface FetchedContext extends ReceivedContext {
  /** What the URL gave, if that was no archive. */
  readonly dockerfile?: string;
}
/** A build context that came from a client. Disposing removes it. */
export interface ReceivedContext extends AsyncDisposable {
  readonly directory: string;
  /** A small text file, links followed inside the context. Throws DOCKERFILE_UNREADABLE. */
  readText(path: string): string;
}
