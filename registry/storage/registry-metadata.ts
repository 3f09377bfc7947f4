import type { Digest, DigestAlgorithm } from "../../core/digest.ts";
import type { BlobInfo } from "../../store/content-store.ts";

export interface ManifestRecord extends BlobInfo {
  readonly mediaType: string;
}
/** A manifest as it arrives, with what was read from it. */
export interface NewManifest extends ManifestRecord {
  readonly subject?: Digest;
  /** As the referrers API shows it. */
  readonly artifactType?: string;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly blobs: readonly Digest[];
  readonly manifests: readonly Digest[];
}
export interface PutManifest extends NewManifest {
  /** Names it gets, taken from the manifests that had them. */
  readonly tags: readonly string[];
  /** Whether its blobs may be missing. */
  readonly sparse: boolean;
  /** What the repository is a cache of. */
  readonly upstream?: string;
}
export interface Referrer extends ManifestRecord {
  readonly artifactType?: string;
  readonly annotations?: Readonly<Record<string, string>>;
}
export interface UploadRecord {
  readonly id: string;
  readonly repository: string;
  readonly algorithm: DigestAlgorithm;
  readonly startedAt: Date;
}
/** Names in byte order, after `last`. */
export interface Page {
  readonly last?: string;
  readonly limit: number;
}

/**
 * What collection of garbage takes out of a repository: blobs no manifest of it names, linked before `before`; with `untagged`, also manifests
 * pushed before then that no tag and no other manifest reaches and that refer to no subject that stays.
 *
 * A blob whose manifest is still to come stays longer, until `abandoned`, while the repository goes on being pushed to: the layers of one image may
 * take hours.
 */
export interface PruneOptions {
  readonly before: Date;
  /** Not after `before`. */
  readonly abandoned: Date;
  /** With it, manifests of caches go that nobody has used since then, and their tags. */
  readonly unused?: Date;
  readonly untagged: boolean;
  readonly dryRun: boolean;
  /**
   * Which tags of a repository go first, those pushed since `before` excepted; undefined when all of its tags stay. In a repository with an answer
   * manifests that nothing reaches go as with `untagged`.
   */
  readonly retention?: (repository: string) => Retain | undefined;
}
export interface TagRecord {
  readonly name: string;
  readonly digest: Digest;
  /** When it was pushed last. */
  readonly updated: Date;
}
/** Of all tags of a repository, those that go, and why. Must not await. */
export type Retain = (tags: readonly TagRecord[]) => readonly (TagRecord & { readonly why: string })[];
export interface Pruned {
  readonly repository: string;
  readonly kind: "blob" | "manifest" | "tag";
  readonly digest: Digest;
  /** The name of a tag. */
  readonly tag?: string;
  /** Bytes of the blob or manifest; 0 for a tag. */
  readonly size: number;
  /** The words after "removed because". */
  readonly why: string;
}

/**
 * Repositories and what they hold: tags, manifests, links to blobs, uploads under way. Every method is one transaction, seen by every process of
 * the registry once it resolves. Names and tags are valid already. All methods are safe beside any other, from other processes too.
 */
export interface RegistryMetadata extends AsyncDisposable {
  hasRepository(repository: string): Promise<boolean>;
  /** Those with a manifest. */
  repositories(page: Page): Promise<readonly string[]>;

  /** The blob, if it can be pulled from the repository. */
  blob(repository: string, digest: Digest): Promise<BlobInfo | undefined>;
  /** Every repository from which the blob can be pulled. */
  repositoriesOf(digest: Digest): Promise<readonly string[]>;
  /** Of `digests`, those that cannot be pulled from the repository. */
  missingBlobs(repository: string, digests: readonly Digest[]): Promise<readonly Digest[]>;
  /** Idempotent; makes the repository when it is new. The caller holds the blob. */
  linkBlob(repository: string, blob: BlobInfo): Promise<void>;
  /** Makes the link count as just made: a client that is told of the blob will not send it. False when there is none (any more). */
  touchBlob(repository: string, digest: Digest): Promise<boolean>;
  /** False when it was not there. */
  unlinkBlob(repository: string, digest: Digest): Promise<boolean>;

  manifestByTag(repository: string, tag: string): Promise<ManifestRecord | undefined>;
  manifest(repository: string, digest: Digest): Promise<ManifestRecord | undefined>;
  /** Makes a manifest without a tag count as just pushed: a client that is told of it may name it in an index. False when there is none (any more). */
  touchManifest(repository: string, digest: Digest): Promise<boolean>;
  /** Says that a manifest of a cache is in use. */
  useManifest(repository: string, digest: Digest): Promise<void>;
  /**
   * Records a manifest and lets the tags name it, durable when it resolves. The caller holds the blob. Rejects with MANIFEST_BLOB_UNKNOWN when one
   * of `manifest.blobs` cannot be pulled from the repository, unless it may be sparse: checked here, so that no collection comes between.
   */
  putManifest(repository: string, manifest: PutManifest): Promise<void>;
  /** With the tags that name it. False when it was not there. Durable. */
  deleteManifest(repository: string, digest: Digest): Promise<boolean>;
  tags(repository: string, page: Page): Promise<readonly string[]>;
  /** Takes one name away; the manifest and its other tags stay. False when there was none. Durable. */
  deleteTag(repository: string, tag: string): Promise<boolean>;
  /** Manifests whose subject is `digest`, by their own digest. */
  referrers(
    repository: string,
    digest: Digest,
    query: Page & { readonly artifactType?: string },
  ): Promise<readonly Referrer[]>;

  createUpload(upload: Omit<UploadRecord, "startedAt">): Promise<void>;
  upload(id: string): Promise<UploadRecord | undefined>;
  /** Says that the upload is in use, so that it does not expire. */
  touchUpload(id: string): Promise<void>;
  /** False when it was not there. */
  deleteUpload(id: string): Promise<boolean>;
  /** Uploads not touched since. */
  staleUploads(before: Date): Promise<readonly UploadRecord[]>;

  /** Keeps blobs from being deleted, those there and those still to come, until disposed; after a crash, for an hour. */
  hold(digests: readonly Digest[]): Promise<AsyncDisposable>;
  prune(options: PruneOptions): Promise<readonly Pruned[]>;
  /** Whether a repository or a hold names the blob. */
  isNamed(digest: Digest): Promise<boolean>;
  /** Calls `remove`, which must not await, unless the blob is named; until it returns nobody can begin to name it. True when it was called. */
  removeUnnamed(digest: Digest, remove: () => void): Promise<boolean>;
  /** Every manifest with what it names, for verification; page by page, so that nobody waits. */
  everything(after: ContentKey | undefined, limit: number): Promise<readonly ContentRow[]>;
}

/** Where a listing of all content goes on. */
export interface ContentKey {
  readonly repository: string;
  readonly digest: Digest;
}
/** A manifest, or a blob link, of a repository. */
export interface ContentRow extends ContentKey {
  readonly kind: "blob" | "manifest";
  readonly size: number;
  /** Blobs a manifest names; none for a cache, which need not have them. */
  readonly references: readonly Digest[];
}
