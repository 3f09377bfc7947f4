import { request } from "node:http";
import { type Digest, digestOf } from "../../../core/digest.ts";
import { MEDIA_TYPES } from "../../../image/media-types.ts";
import { RegistryServer, type ServerOptions } from "../../../registry/server/registry-server.ts";
import { openFilesystem } from "../../../registry/storage/filesystem.ts";
import type { RegistryStorage } from "../../../registry/storage/registry-storage.ts";
import { Scratch } from "../../support/scratch.ts";

export interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Buffer;
  /** The codes of an error document. */
  readonly codes: readonly string[];
}
export interface Sent {
  readonly headers?: Readonly<Record<string, string | number>>;
  readonly body?: string | Uint8Array;
}

/** A server on a free port, over a storage of its own. Nothing here normalises what is sent. */
export class TestRegistry implements AsyncDisposable {
  readonly storage: RegistryStorage;
  readonly port: number;
  /** What the server says about faults of its own. */
  readonly reports: string[];
  readonly #close: () => Promise<void>;

  private constructor(
    parts: { readonly storage: RegistryStorage; readonly port: number; readonly reports: string[] },
    close: () => Promise<void>,
  ) {
    this.storage = parts.storage;
    this.port = parts.port;
    this.reports = parts.reports;
    this.#close = close;
  }

  static async open(
    options: Partial<ServerOptions> & { readonly root?: string } = {},
  ): Promise<TestRegistry> {
    const scratch = new Scratch();
    const storage = options.storage ?? openFilesystem(options.root ?? scratch.path);
    const reports: string[] = [];
    const server = new RegistryServer({ report: (line) => reports.push(line), ...options, storage });
    const { port } = await server.listen({ host: "127.0.0.1", port: 0 });
    return new TestRegistry({ storage, port, reports }, async () => {
      await server[Symbol.asyncDispose]();
      if (options.storage === undefined) await storage[Symbol.asyncDispose]();
      scratch[Symbol.dispose]();
    });
  }

  send(method: string, path: string, { headers = {}, body }: Sent = {}): Promise<Reply> {
    return new Promise((resolve, reject) => {
      const length = body === undefined ? {} : { "content-length": Buffer.byteLength(body) };
      const sending = request(
        {
          host: "127.0.0.1",
          port: this.port,
          method,
          path,
          agent: false,
          headers: { ...length, ...headers },
        },
        (response) => {
          const chunks: Buffer[] = [];
          response.on("data", (chunk: Buffer) => chunks.push(chunk));
          response.on("error", reject);
          response.on("end", () => {
            const content = Buffer.concat(chunks);
            resolve({
              status: response.statusCode ?? 0,
              headers: response.headers,
              body: content,
              codes: codesOf(content),
            });
          });
        },
      );
      sending.on("error", reject);
      sending.end(body);
    });
  }

  /** Starts an upload; its location. */
  async startUpload(repository: string, query = ""): Promise<string> {
    const { headers } = await this.send("POST", `/v2/${repository}/blobs/uploads/${query}`);
    return String(headers["location"]);
  }

  async pushBlob(repository: string, content: string | Uint8Array): Promise<Digest> {
    const digest = digestOf(content);
    await this.send("POST", `/v2/${repository}/blobs/uploads/?digest=${digest}`, { body: content });
    return digest;
  }

  putManifest(
    repository: string,
    reference: string,
    document: object,
    headers: Sent["headers"] = {},
  ): Promise<Reply> {
    const type = (document as { readonly mediaType?: string }).mediaType ?? MEDIA_TYPES.manifest;
    return this.send("PUT", `/v2/${repository}/manifests/${reference}`, {
      headers: { "content-type": type, ...headers },
      body: JSON.stringify(document),
    });
  }

  /** Pushes a small image of two blobs under a tag; its manifest, and what the registry said to that. */
  async pushImage(
    repository: string,
    tag: string,
    more: object = {},
  ): Promise<
    Pick<Reply, "status" | "codes"> & {
      readonly digest: Digest;
      readonly manifest: object;
      readonly layer: Digest;
    }
  > {
    await this.pushBlob(repository, "{}");
    const layer = await this.pushBlob(repository, `layer of ${tag}`);
    const manifest = {
      ...imageManifest([{ digest: layer, size: Buffer.byteLength(`layer of ${tag}`) }]),
      ...more,
    };
    const { status, codes, headers } = await this.putManifest(repository, tag, manifest);
    return { status, codes, digest: String(headers["docker-content-digest"]) as Digest, manifest, layer };
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#close();
  }
}

function codesOf(content: Buffer): readonly string[] {
  if (!content.subarray(0, 10).toString().startsWith('{"errors"')) return [];
  const { errors } = JSON.parse(content.toString()) as {
    readonly errors: readonly { readonly code: string }[];
  };
  return errors.map(({ code }) => code);
}

/** An image over `layers` whose config is "{}". */
export const imageManifest = (
  layers: readonly { readonly digest: string; readonly size: number }[] = [],
) => ({
  schemaVersion: 2,
  mediaType: MEDIA_TYPES.manifest,
  config: { mediaType: MEDIA_TYPES.config, digest: digestOf("{}"), size: 2 },
  layers: layers.map((layer) => ({ mediaType: MEDIA_TYPES.layer, ...layer })),
});
export const imageIndex = (manifests: readonly { readonly digest: string; readonly size: number }[]) => ({
  schemaVersion: 2,
  mediaType: MEDIA_TYPES.index,
  manifests: manifests.map((manifest) => ({ mediaType: MEDIA_TYPES.manifest, ...manifest })),
});
