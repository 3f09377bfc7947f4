import { type Digest, parseDigest } from "../core/digest.ts";
import { formatPlatform } from "../core/platform.ts";
import {
  familiarName,
  formatReference,
  parseReference,
  repositoryOf,
  withDefaultTag,
} from "../core/reference.ts";
import type { CredentialSource } from "../core/registry-credentials.ts";
import type { ByteStream } from "../core/streams.ts";
import type { ImageService, PulledReference, PushedReference, TransferEvent } from "../engine/api.ts";
import { authHeader } from "./credentials.ts";
import { splitReference } from "./documents/reference.ts";
import { number, text } from "./http/fields.ts";
import { type Progress, progressOf } from "./http/progress.ts";
import { imageSegments, platformText } from "./http/query.ts";
import type { Transport } from "./http/transport.ts";
import { lacks } from "./lacks.ts";

type Of<K extends keyof ImageService> = ImageService[K];
type Report = (event: TransferEvent) => void;

export interface TransferParts {
  readonly transport: Transport;
  readonly credentials: CredentialSource;
  readonly images: Pick<ImageService, "list" | "inspect">;
}

const TAR = { "content-type": "application/x-tar" };

/** How images come and go, as the daemon's routes have it. */
export class RemoteTransfers {
  readonly #parts: TransferParts;

  constructor(parts: TransferParts) {
    this.#parts = parts;
  }

  async pull(
    name: string,
    report: Report,
    { allTags = false, platform, credentials, ...options }: NonNullable<Parameters<Of<"pull">>[2]> = {},
  ): Promise<readonly PulledReference[]> {
    const { transport, credentials: source } = this.#parts;
    const parsed = parseReference(name);
    const reference = allTags ? parsed : withDefaultTag(parsed);
    const query = {
      fromImage: familiarName(reference),
      tag: reference.digest ?? reference.tag,
      platform: platform && formatPlatform(platform),
    };
    const headers = await authHeader(source, reference.domain, credentials);
    const bytes = transport.stream({ method: "POST", path: "/images/create", query, headers }, options);
    for await (const progress of progressOf(bytes)) report(transferEvent(progress));
    return allTags
      ? this.#pulledTags(familiarName(reference))
      : [await this.#pulled(formatReference(reference))];
  }

  async push(
    name: string,
    report: Report,
    { allTags = false, compression, credentials, ...options }: NonNullable<Parameters<Of<"push">>[2]> = {},
  ): Promise<readonly PushedReference[]> {
    const { transport, credentials: source } = this.#parts;
    // Docker's daemon would pass it over.
    if (compression !== undefined && !transport.isOwn)
      throw lacks(`choosing how layers are sent (${compression})`);
    const parsed = parseReference(name);
    const tag = allTags ? undefined : withDefaultTag(parsed).tag;
    const headers = await authHeader(source, parsed.domain, credentials);
    const path = `/images/${imageSegments(familiarName(parsed))}/push`;
    const pushed: PushedReference[] = [];
    const bytes = transport.stream({ method: "POST", path, query: { tag, compression }, headers }, options);
    for await (const { aux, ...progress } of progressOf(bytes)) {
      if (aux === undefined) report(transferEvent(progress));
      else if (text(aux, "Tag") !== "")
        pushed.push({
          reference: `${repositoryOf(parsed)}:${text(aux, "Tag")}`,
          digest: parseDigest(text(aux, "Digest")),
          size: number(aux, "Size"),
        });
    }
    return pushed;
  }

  async load(
    source: ByteStream,
    { platform, ...options }: NonNullable<Parameters<Of<"load">>[1]> = {},
  ): Promise<Awaited<ReturnType<Of<"load">>>> {
    const query = { quiet: true, platform: platformText(platform) };
    const asked = { method: "POST", path: "/images/load", query, headers: TAR, stream: source } as const;
    const loaded: { readonly reference?: string; readonly id: Digest }[] = [];
    for await (const { stream } of progressOf(this.#parts.transport.stream(asked, options))) {
      const [, isId, name] = /^Loaded image( ID)?: (\S+)/.exec(stream) ?? [];
      if (name === undefined) continue;
      loaded.push(
        isId === undefined ? { reference: name, id: await this.#idOf(name) } : { id: parseDigest(name) },
      );
    }
    return loaded;
  }

  async import(source: ByteStream, options: Parameters<Of<"import">>[1]): Promise<Digest> {
    const { reference, message, changes, platform, ...abortable } = options;
    const named = reference === undefined ? {} : splitReference(reference);
    const query = {
      fromSrc: "-",
      ...named,
      message,
      changes,
      platform: platform && formatPlatform(platform),
    };
    const asked = { method: "POST", path: "/images/create", query, headers: TAR, stream: source } as const;
    let id = "";
    for await (const { status } of progressOf(this.#parts.transport.stream(asked, abortable))) id = status;
    return parseDigest(id);
  }

  async #idOf(name: string): Promise<Digest> {
    return parseDigest(text(await this.#parts.images.inspect(name), "Id"));
  }

  async #pulledTags(repository: string): Promise<readonly PulledReference[]> {
    const tags = (await this.#parts.images.list({ reference: repository })).flatMap((image) => image.tags);
    return Promise.all(tags.map((tag) => this.#pulled(formatReference(parseReference(tag)))));
  }

  async #pulled(reference: string): Promise<PulledReference> {
    const document = await this.#parts.images.inspect(reference);
    const id = parseDigest(text(document, "Id"));
    const prefix = `${familiarName(parseReference(reference))}@`;
    const { RepoDigests = [] } = document as { readonly RepoDigests?: readonly string[] | null };
    const named = RepoDigests?.find((digest) => digest.startsWith(prefix));
    return { reference, id, digest: named === undefined ? id : parseDigest(named.slice(prefix.length)) };
  }
}

const transferEvent = ({ id, status, current, total }: Omit<Progress, "aux">): TransferEvent => ({
  status,
  ...(id === undefined ? {} : { id }),
  ...(current === undefined ? {} : { current }),
  ...(total === undefined ? {} : { total }),
});
