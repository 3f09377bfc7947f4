import type { Compression } from "../core/compression.ts";
import type { Digest } from "../core/digest.ts";
import type { Platform } from "../core/platform.ts";
import type { CredentialSource } from "../core/registry-credentials.ts";
import type { Abortable, ByteStream } from "../core/streams.ts";
import type { AttestationKind } from "../image/attestations/statement.ts";
import type { ImageConfig } from "../image/config.ts";
import type { UnstoredImage } from "../image/unstored-image.ts";
import type { Credentials } from "../registry/client/auth/credentials.ts";
import type { TransferEvent } from "../registry/client/transfer/events.ts";
import type { ImageRecord, ListMember } from "../store/types.ts";

export type { Compression, Credentials, TransferEvent, UnstoredImage };

/** As whom a registry is asked; absent: with the credentials this user keeps for it, {}: as nobody. */
export interface AsWhom extends Abortable {
  readonly credentials?: Credentials;
}
/** As whom each of several registries is asked; absent: with the credentials this user keeps. Whom it knows nothing of is asked as nobody. */
export interface AsWhomEach extends Abortable {
  readonly credentials?: CredentialSource;
}

/** What a list tells of an image. */
export type ImageInfo = Omit<ImageRecord, "layers" | "manifest">;

export interface ImageService {
  list(options?: {
    readonly reference?: string;
    readonly all?: boolean;
    /** As `docker images -f`: dangling, label, before, since, reference, until. Throws FILTER_UNKNOWN. */
    readonly filters?: Readonly<Record<string, readonly string[]>>;
  }): Promise<readonly ImageInfo[]>;
  /** The documents of Docker Engine API GET /images/json. Throws FILTER_UNKNOWN. */
  summaries(options?: {
    readonly filters?: Readonly<Record<string, readonly string[]>>;
    /** Finds out what it has in common with other images. */
    readonly shared?: boolean;
    readonly manifests?: boolean;
  }): Promise<readonly Readonly<Record<string, unknown>>[]>;
  /** Rejects with IMAGE_UNKNOWN, IMAGE_AMBIGUOUS. */
  get(image: string): Promise<{ readonly record: ImageRecord; readonly config: ImageConfig }>;
  /** The document of Docker Engine API GET /images/{name}/json. */
  inspect(
    image: string,
    options?: { readonly manifests?: boolean },
  ): Promise<Readonly<Record<string, unknown>>>;
  history(image: string): Promise<readonly ImageHistory[]>;
  /** What is attested of it here. Rejects with IMAGE_UNKNOWN, IMAGE_AMBIGUOUS. */
  attestations(image: string): Promise<readonly ImageAttestation[]>;
  tag(image: string, reference: string): Promise<void>;
  /** Rejects with IMAGE_IN_USE unless `force`. */
  remove(
    image: string,
    options?: { readonly force?: boolean; readonly prune?: boolean },
  ): Promise<readonly ImageRemoval[]>;
  /** Those without names and users, or with `all` all without users. `filters`: until, label, label!. */
  prune(options?: {
    readonly all?: boolean;
    readonly filters?: Readonly<Record<string, readonly string[]>>;
  }): Promise<{ readonly removed: readonly ImageRemoval[]; readonly bytes: number }>;
  /** The root filesystem as a tar. */
  rootfs(image: string, options?: Abortable): ByteStream;
  /** A docker-archive that is an OCI layout too, as `docker save` writes since 25. */
  save(images: readonly string[], options?: Abortable): ByteStream;
  /** An OCI layout of one index, with an image for each of several platforms, under each of the tags. */
  saveList(members: readonly ListMember[], tags: readonly string[], options?: Abortable): ByteStream;
  /** Any of docker-archive and OCI layout, plain or compressed. Returns what was loaded: a reference, or an id for untagged images. */
  load(
    source: ByteStream,
    options?: { readonly platform?: Platform } & Abortable,
  ): Promise<readonly { readonly reference?: string; readonly id: Digest }[]>;
  /** Brings an image from its registry. Rejects with REMOTE_IMAGE_UNKNOWN, REGISTRY_DENIED, PLATFORM_MISSING, REGISTRY_UNREACHABLE. */
  pull(
    reference: string,
    report: (event: TransferEvent) => void,
    options?: { readonly platform?: Platform; readonly allTags?: boolean } & AsWhom,
  ): Promise<readonly PulledReference[]>;
  /**
   * Sends a tag, or all tags of a repository, to the registry they name. With `compression` every layer is sent in that form; without, those that
   * came compressed go as they came, others as gzip. `image`: what the tag is to name in the registry, when it is not in the store. Rejects with IMAGE_UNKNOWN, REGISTRY_DENIED, REGISTRY_UNREACHABLE.
   */
  push(
    reference: string,
    report: (event: TransferEvent) => void,
    options?: {
      readonly allTags?: boolean;
      readonly compression?: Compression;
      readonly image?: UnstoredImage;
    } & AsWhom,
  ): Promise<readonly PushedReference[]>;
  /** A root filesystem tar becomes an image of one layer. */
  import(
    source: ByteStream,
    options: {
      readonly reference?: string;
      readonly message?: string;
      readonly changes?: readonly string[];
      readonly platform?: Platform;
    } & Abortable,
  ): Promise<Digest>;
}
export interface PulledReference {
  /** The full form: "docker.io/library/debian:bookworm". */
  readonly reference: string;
  readonly id: Digest;
  /** Of what the registry calls by that name: a manifest, or an index. */
  readonly digest: Digest;
}
export interface PushedReference {
  readonly reference: string;
  /** Of the manifest, as is the size, in bytes. */
  readonly digest: Digest;
  readonly size: number;
}
export interface ImageAttestation {
  readonly kind: AttestationKind;
  /** Of the predicate: "https://spdx.dev/Document". */
  readonly type: string;
  /** Of the manifest that refers to the image's own manifest; a registry with another manifest of the image has another one. */
  readonly digest: Digest;
  /** Of the predicate. */
  readonly bytes: number;
  /** The predicate. */
  readonly document: unknown;
}
export interface ImageHistory {
  readonly id: string;
  readonly createdAt: Date;
  readonly createdBy: string;
  readonly size: number;
  readonly comment: string;
  readonly tags: readonly string[];
}
export type ImageRemoval = { readonly untagged: string } | { readonly deleted: string };
