import type { Database } from "better-sqlite3";
import type { Descriptor } from "../../core/descriptor.ts";
import { digestOf } from "../../core/digest.ts";
import { Failure } from "../../core/errors.ts";
import { formatReference, parseReference, type Reference, withDefaultTag } from "../../core/reference.ts";
import { verified } from "../../core/streams.ts";
import { encodeIndex } from "../../image/manifest.ts";
import { MEDIA_TYPES } from "../../image/media-types.ts";
import { query } from "../../store/database.ts";
import { type AskedEach, askedAt } from "./asked.ts";
import type { Asked, Registries } from "./registries.ts";
import type { RawManifest, Repository } from "./repository.ts";
import { pushBlob } from "./transfer/push-blob.ts";
import { parseRaw, resolveImage } from "./transfer/resolve-image.ts";

/** A manifest of a list, and where it can be had. */
interface Entry {
  /** "docker.io/library/app@sha256:…" */
  readonly source: string;
  readonly descriptor: Descriptor;
}

/** Manifest lists in the making: they name images that are in registries already, one per platform, and are kept here until pushed. */
export class ManifestLists {
  readonly #database: Database;
  readonly #registries: Registries;

  constructor(database: Database, registries: Registries) {
    this.#database = database;
    this.#registries = registries;
  }

  /** What a name stands for: a list made here, else what the registry has. Rejects with REMOTE_IMAGE_UNKNOWN. */
  async inspect(reference: Reference, options: Asked = {}): Promise<RawManifest> {
    const wanted = withDefaultTag(reference);
    const entries = this.#find(wanted);
    if (entries !== undefined) return encode(entries);
    return this.#registries.with(
      { reference: wanted, access: "pull" },
      (repository) => fetchManifest(repository, wanted, options),
      options,
    );
  }

  /** Begins a list, or with `amend` adds to one. Rejects with MANIFEST_LIST_EXISTS, and when a member is no image. */
  async create(
    list: Reference,
    members: readonly Reference[],
    { amend = false, ...options }: { readonly amend?: boolean } & AskedEach = {},
  ): Promise<void> {
    const name = formatReference(withDefaultTag(list));
    const known = this.#find(withDefaultTag(list));
    if (known !== undefined && !amend) throw new Failure("MANIFEST_LIST_EXISTS", { name });
    const entries = new Map((known ?? []).map((entry) => [entry.descriptor.digest, entry]));
    for (const member of members) {
      const entry = await this.#describe(withDefaultTag(member), await askedAt(member.domain, options));
      entries.set(entry.descriptor.digest, entry);
    }
    query(this.#database, "INSERT OR REPLACE INTO manifest_lists (reference, entries) VALUES (?, ?)").run(
      name,
      JSON.stringify([...entries.values()]),
    );
  }

  async #describe(member: Reference, options: Asked): Promise<Entry> {
    const name = formatReference(member);
    const image = await this.#registries.with(
      { reference: member, access: "pull" },
      (repository) => {
        const reference = member.digest ?? member.tag ?? "latest";
        return resolveImage(repository, { reference, name, ...options });
      },
      options,
    );
    const { root, manifest, config } = image;
    if (manifest.raw.compare(root.raw) !== 0)
      throw new Failure("MANIFEST_INVALID", { why: `${name} is a list itself: name its members` });
    const { os, architecture, variant } = config;
    const platform = { os, architecture, ...(variant === undefined ? {} : { variant }) };
    const descriptor = {
      mediaType: manifest.mediaType,
      digest: root.digest,
      size: root.raw.byteLength,
      platform,
    };
    return { source: `${member.domain}/${member.path}@${root.digest}`, descriptor };
  }

  /** The registries that pushing a list asks: its own, and those that its members are in. Throws MANIFEST_LIST_UNKNOWN. */
  registriesOf(list: Reference): readonly string[] {
    const target = withDefaultTag(list);
    const sources = this.#get(target).map(({ source }) => parseReference(source).domain);
    return [...new Set([target.domain, ...sources])];
  }

  /** Sends a list, and before it what its repository lacks of its members. Rejects with MANIFEST_LIST_UNKNOWN. */
  async push(
    list: Reference,
    { purge = false, ...options }: { readonly purge?: boolean } & AskedEach = {},
  ): Promise<RawManifest> {
    const target = withDefaultTag(list);
    const entries = this.#get(target);
    const index = encode(entries);
    const asked = await askedAt(target.domain, options);
    await this.#registries.with(
      { reference: target, access: "push" },
      async (repository) => {
        for (const entry of entries) await this.#pushMember(repository, { target, entry }, options);
        await repository.putManifest(target.tag ?? "latest", index, asked);
      },
      asked,
    );
    if (purge)
      query(this.#database, "DELETE FROM manifest_lists WHERE reference = ?").run(formatReference(target));
    return index;
  }

  async #pushMember(
    repository: Repository,
    { target, entry }: { readonly target: Reference; readonly entry: Entry },
    options: AskedEach,
  ): Promise<void> {
    const source = parseReference(entry.source);
    if (source.domain === target.domain && source.path === target.path) return;
    const from = { reference: source, access: "pull" } as const;
    const asked = await askedAt(source.domain, options);
    const read = <T>(work: (other: Repository) => Promise<T>) => this.#registries.with(from, work, asked);
    const raw = await read((other) => fetchManifest(other, source, asked));
    const manifest = parseRaw(raw);
    const elsewhere = source.domain === target.domain ? [source.path] : [];
    const blobs = manifest.kind === "image" ? [manifest.config, ...manifest.layers] : [];
    for (const blob of blobs) {
      const open = async () => verified(await read(async (other) => other.blob(blob, options)), blob);
      await pushBlob(repository, { blob, open, elsewhere }, options);
    }
    await repository.putManifest(raw.digest, raw, options);
  }

  #get(list: Reference): readonly Entry[] {
    const entries = this.#find(list);
    if (entries === undefined) throw new Failure("MANIFEST_LIST_UNKNOWN", { name: formatReference(list) });
    return entries;
  }

  #find(reference: Reference): readonly Entry[] | undefined {
    const row = query<{ entries: string }>(
      this.#database,
      "SELECT entries FROM manifest_lists WHERE reference = ?",
    ).get(formatReference(reference));
    return row && (JSON.parse(row.entries) as readonly Entry[]);
  }
}

async function fetchManifest(
  repository: Repository,
  reference: Reference,
  options: Asked,
): Promise<RawManifest> {
  const found = await repository.manifest(reference.digest ?? reference.tag ?? "latest", options);
  if (found !== undefined) return found;
  throw new Failure("REMOTE_IMAGE_UNKNOWN", {
    reference: formatReference(reference),
    why: "manifest unknown",
  });
}

/** Docker's type of list for Docker's manifests, as older clients know no other. */
function encode(entries: readonly Entry[]): RawManifest {
  const docker = entries.every(({ descriptor }) => descriptor.mediaType === MEDIA_TYPES.dockerManifest);
  const mediaType = docker ? MEDIA_TYPES.dockerIndex : MEDIA_TYPES.index;
  const raw = encodeIndex({ mediaType, manifests: entries.map(({ descriptor }) => descriptor) });
  return { raw, mediaType, digest: digestOf(raw) };
}
