import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { gzipSync } from "node:zlib";
import type { Descriptor } from "../../../core/descriptor.ts";
import { digestOf } from "../../../core/digest.ts";
import { MEDIA_TYPES } from "../../../image/media-types.ts";
import { imageConfig } from "../../store/support.ts";

/** Answers a request in place of the registry; false to let it answer. */
export type Intercept = (
  request: IncomingMessage & { readonly url: string; readonly method: string },
  response: ServerResponse,
  body: Buffer,
) => boolean | undefined;

interface Asked {
  readonly url: URL;
  readonly method: string;
  readonly body: Buffer;
  readonly type: string;
}
interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly content: Buffer | string;
}
const reply = (status: number, headers: Reply["headers"] = {}, content: Reply["content"] = ""): Reply => ({
  status,
  headers,
  content,
});

/** A registry in memory, with as much of the protocol as a well-behaved client needs; what goes wrong is an intercept's. */
export class FakeRegistry implements AsyncDisposable {
  readonly #server: Server;
  readonly blobs = new Map<string, Buffer>();
  /** By "repository:tag" and by digest. */
  readonly manifests = new Map<string, { readonly raw: Buffer; readonly type: string }>();
  /** "METHOD path?query" in the order of arrival. */
  readonly requests: string[] = [];
  readonly headers: IncomingMessage["headers"][] = [];
  intercept: Intercept = () => false;
  #uploads = 0;
  /** What was sent of an upload, by its path. */
  readonly #parts = new Map<string, Buffer>();

  private constructor() {
    this.#server = createServer((request, response) => void this.#serve(request, response));
  }

  static async start(): Promise<FakeRegistry> {
    const registry = new FakeRegistry();
    registry.#server.listen(0, "127.0.0.1");
    await once(registry.#server, "listening");
    return registry;
  }

  get host(): string {
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** How often a request was made, by its beginning. */
  count(beginning: string): number {
    return this.requests.filter((request) => request.startsWith(beginning)).length;
  }

  addBlob(content: Buffer, mediaType: string): Descriptor {
    const digest = digestOf(content);
    this.blobs.set(digest, content);
    return { mediaType, digest, size: content.byteLength };
  }

  addManifest(repository: string, tag: string, document: object, type: string): Descriptor {
    const raw = Buffer.from(JSON.stringify(document));
    const digest = digestOf(raw);
    this.manifests.set(`${repository}:${tag}`, { raw, type });
    this.manifests.set(digest, { raw, type });
    return { mediaType: type, digest, size: raw.byteLength };
  }

  /** An image of gzipped layers, given as tars. */
  addImage(
    repository: string,
    tag: string,
    tars: readonly Buffer[],
    architecture = "amd64",
  ): { readonly manifest: Descriptor; readonly layers: readonly Descriptor[]; readonly config: Descriptor } {
    const layers = tars.map((tar) => this.addBlob(gzipSync(tar), MEDIA_TYPES.layerGzip));
    const document = {
      ...imageConfig(
        `${repository}:${tag}`,
        tars.map((tar) => digestOf(tar)),
      ),
      architecture,
    };
    const config = this.addBlob(Buffer.from(JSON.stringify(document)), MEDIA_TYPES.config);
    const content = { schemaVersion: 2, mediaType: MEDIA_TYPES.manifest, config, layers };
    return { manifest: this.addManifest(repository, tag, content, MEDIA_TYPES.manifest), layers, config };
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { url = "", method = "" } = request;
    this.requests.push(`${method} ${url}`);
    this.headers.push(request.headers);
    const chunks: Buffer[] = [];
    try {
      for await (const chunk of request) chunks.push(chunk as Buffer);
    } catch {
      return;
    }
    const body = Buffer.concat(chunks);
    if (this.intercept(Object.assign(request, { url, method }), response, body) === true) return;
    const type = request.headers["content-type"] ?? "";
    const { status, headers, content } = this.#answer({
      url: new URL(url, "http://fake"),
      method,
      body,
      type,
    });
    response.writeHead(status, { "content-length": Buffer.byteLength(content), ...headers });
    response.end(method === "HEAD" ? undefined : content);
  }

  #answer({ url, method, body, type }: Asked): Reply {
    if (url.pathname === "/v2/") return reply(200, {}, "{}");
    const [, repository = "", kind = "", name = ""] =
      /^\/v2\/(.+?)\/(manifests|blobs|tags)\/(.*)$/.exec(url.pathname) ?? [];
    if (kind === "tags")
      return reply(200, {}, JSON.stringify({ name: repository, tags: this.#tags(repository) }));
    if (kind === "manifests" && method === "PUT") {
      const digest = digestOf(body);
      for (const key of [`${repository}:${name}`, digest]) this.manifests.set(key, { raw: body, type });
      return reply(201, { "docker-content-digest": digest });
    }
    if (kind === "manifests") {
      const found = this.manifests.get(name.includes(":") ? name : `${repository}:${name}`);
      if (found === undefined) return reply(404);
      const digest = digestOf(found.raw);
      return reply(200, { "content-type": found.type, "docker-content-digest": digest }, found.raw);
    }
    if (kind === "blobs" && method === "POST")
      return reply(202, { location: `/v2/${repository}/blobs/uploads/${++this.#uploads}?state=x` });
    if (kind === "blobs" && method === "PATCH") {
      this.#parts.set(url.pathname, Buffer.concat([this.#parts.get(url.pathname) ?? Buffer.alloc(0), body]));
      return reply(202, { location: `${url.pathname}?state=patched` });
    }
    if (kind === "blobs" && method === "PUT") {
      const digest = url.searchParams.get("digest") ?? "";
      const whole = Buffer.concat([this.#parts.get(url.pathname) ?? Buffer.alloc(0), body]);
      if (digestOf(whole) !== digest) return reply(400);
      this.blobs.set(digest, whole);
      return reply(201, { "docker-content-digest": digest });
    }
    const blob = this.blobs.get(name);
    return blob === undefined ? reply(404) : reply(200, {}, blob);
  }

  #tags(repository: string): readonly string[] {
    return [...this.manifests.keys()].flatMap((key) =>
      key.startsWith(`${repository}:`) ? [key.slice(repository.length + 1)] : [],
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, "close");
  }
}
