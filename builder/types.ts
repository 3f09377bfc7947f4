import type { Annotation } from "../core/annotations.ts";
import type { AttestationsWanted } from "../core/build-attestations.ts";
import type { Descriptor } from "../core/descriptor.ts";
import type { Digest } from "../core/digest.ts";
import type { Platform } from "../core/platform.ts";
import type { CredentialSource } from "../core/registry-credentials.ts";
import type { UnstoredImage } from "../image/unstored-image.ts";
import type { ListMember } from "../store/types.ts";
import type { CacheExport, CacheLocation } from "./cache/remote/types.ts";
import type { Entitlement } from "./plan/entitlements.ts";
import type { BuildResources, LayoutSource, SecretSource, SshSource } from "./ports.ts";
import type { FailedState } from "./steps/failed-state.ts";

/** An ignore file that was read already. */
export interface IgnoreFile {
  readonly name: string;
  readonly text: string;
}

/** What to build. The Dockerfile is read by the caller, the context by the builder. */
export interface BuildRequest {
  /** The context directory. */
  readonly context: string;
  /** Where the context came from, if that is another place: a URL, "-" for standard input. */
  readonly origin?: string;
  /**
   * Text and display name of the Dockerfile. `path`: the file it was read from, if any; `<path>.dockerignore` then goes before
   * the context's own `.dockerignore`. `ignore` goes before both: what it is called, and its text.
   */
  readonly dockerfile: {
    readonly name: string;
    readonly text: string;
    readonly path?: string;
    readonly ignore?: IgnoreFile;
  };
  /** `--build-context`: what stands for stages and images of these names. */
  readonly contexts?: Readonly<Record<string, NamedBuildContext>>;
  readonly tags: readonly string[];
  readonly buildArgs: Readonly<Record<string, string>>;
  readonly labels: Readonly<Record<string, string>>;
  /** Of the manifest: the image's configuration and id are the same with and without. */
  readonly annotations?: readonly Annotation[];
  readonly target?: string;
  readonly noCache: boolean;
  /** Names of stages whose steps are performed again. Of no meaning with noCache. */
  readonly noCacheStages?: readonly string[];
  /** With noCache: what is made is not remembered either, and stays what it is where it differs from a former result in times alone. */
  readonly fresh?: boolean | undefined;
  /** Steps of this build performed at a time; absent: as many as the builder has places. */
  readonly jobs?: number;
  /** Report why each step that was performed was not found in the cache. */
  readonly explain?: boolean;
  readonly pull: boolean;
  /**
   * One image, or an image for each of several platforms under the same tags. This machine's when absent. The build argument
   * BUILDKIT_MULTI_PLATFORM makes a list of one too.
   */
  readonly platforms?: readonly Platform[];
  /** Progress names the platform. */
  readonly showPlatform?: boolean;
  readonly network: "default" | "host" | "none";
  /** "name:ip" entries for /etc/hosts of RUN. */
  readonly extraHosts: readonly string[];
  /** Of the containers of RUN. They are not meant to matter for what a command makes, so they are no part of its key in the cache. */
  readonly resources?: BuildResources;
  /** What the build may do beyond what every build may: see ENTITLEMENTS of builder/plan. None when absent. */
  readonly allow?: readonly Entitlement[];
  /** What RUN --mount=type=secret and type=ssh give to commands; absent when there is nothing. */
  readonly secrets?: SecretSource;
  readonly ssh?: SshSource;
  /** Takes over the state of a command that failed, or says false; then nothing is left of it. */
  readonly keepFailed?: (state: FailedState) => boolean;
  /** Seconds since the epoch. */
  readonly sourceDateEpoch?: number;
  /** Shown to registries in place of those of this machine's user. */
  readonly credentials?: CredentialSource;
  /** Caches of other machines, asked for what this store has not. Of what they have only layers that are needed are brought. */
  readonly cacheFrom?: readonly CacheLocation[];
  readonly cacheTo?: readonly CacheExport[];
  /** What is kept beside the image; the image itself is the same with and without. */
  readonly attestations?: AttestationsWanted;
  /** The image is only going to be pushed: it need not be in the store when layers of it are known by name alone. */
  readonly pushOnly?: boolean;
}

export type NamedBuildContext =
  | { readonly kind: "directory"; readonly path: string }
  /** A full reference, or the id of an image of the store. */
  | { readonly kind: "image"; readonly reference: string }
  | { readonly kind: "layout"; readonly layout: LayoutSource };

export interface BuildResult {
  /** Of several platforms that of this machine, or else the first. */
  readonly image: Digest;
  readonly tags: readonly string[];
  /** The image, when it is not in the store because some of its layers are elsewhere; see BuildRequest.pushOnly. */
  readonly unstored?: UnstoredImage;
  /** Of a list: an image for each, in the order in which they were asked for. */
  readonly members?: readonly ListMember[];
  /** The index of the members. */
  readonly index?: Descriptor;
}
