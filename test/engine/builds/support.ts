import { randomBytes } from "node:crypto";
import { mkdirSync, statSync, writeFileSync } from "node:fs";
import { createServer, type Server, request as send } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import type { BuildRequest } from "../../../builder/types.ts";
import { cachePlaces } from "../../../engine/builds/cache-places.ts";
import { pushImages } from "../../../engine/images/push.ts";
import { imageSource } from "../../../engine/images/source.ts";
import { loadKernel } from "../../../native/binding.ts";
import type { RegistryClient } from "../../../registry/client/registry-client.ts";
import { BuildFixture } from "../../builder/support/build-fixture.ts";
import { openClient } from "../../registry/client/support.ts";
import { TestRegistry } from "../../registry/server/support.ts";

/** A registry behind a proxy that counts what is fetched of it and what is sent. */
export class CountedRegistry implements AsyncDisposable {
  readonly host: string;
  /** The size of each blob that was fetched, by its path. */
  readonly fetched = new Map<string, number>();
  uploads = 0;
  /** What was sent in each request: its path and its body. */
  readonly sent: Buffer[] = [];
  readonly #registry: TestRegistry;
  readonly #proxy: Server;

  private constructor(registry: TestRegistry, proxy: Server) {
    this.#registry = registry;
    this.#proxy = proxy;
    this.host = `127.0.0.1:${(proxy.address() as AddressInfo).port}`;
    proxy.on("request", (incoming, answer) => {
      const { method = "", url = "", headers } = incoming;
      if (method === "POST") this.uploads += 1;
      const outgoing = send(
        { host: "127.0.0.1", port: registry.port, method, path: url, headers },
        (reply) => {
          answer.writeHead(reply.statusCode ?? 0, reply.headers);
          if (method === "GET" && url.includes("/blobs/"))
            this.fetched.set(url, Number(reply.headers["content-length"] ?? 0));
          reply.pipe(answer);
        },
      );
      outgoing.on("error", () => answer.destroy());
      const chunks: Buffer[] = [];
      incoming.on("data", (chunk: Buffer) => chunks.push(chunk));
      incoming.on("end", () => this.sent.push(Buffer.from(url), Buffer.concat(chunks)));
      incoming.pipe(outgoing);
    });
  }

  static async open(): Promise<CountedRegistry> {
    const registry = await TestRegistry.open();
    const proxy = createServer();
    await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", resolve));
    return new CountedRegistry(registry, proxy);
  }

  forget(): void {
    this.fetched.clear();
    this.uploads = 0;
    this.sent.length = 0;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#proxy.closeAllConnections();
    await new Promise((resolve) => this.#proxy.close(resolve));
    await this.#registry[Symbol.asyncDispose]();
  }
}

/** A machine with a store of its own that exchanges images and caches with registries. */
export class Machine implements AsyncDisposable {
  readonly fixture: BuildFixture;
  readonly client: RegistryClient;
  /** Bytes of the file that the last "find NAME" found in its cache mount. */
  found: number | undefined;

  private constructor(fixture: BuildFixture) {
    this.fixture = fixture;
    this.client = openClient(fixture.store);
    mkdirSync(fixture.scratch.join("context"), { recursive: true });
    writeFileSync(fixture.scratch.join("context", "a"), "a".repeat(10_000));
    fixture.command = ({ process: { args }, mounts }, upper) => {
      const [verb = "", name = "", content = ""] = (args[2] ?? "").split(" ");
      const mounted = mounts.flatMap((mount) => (mount.kind === "host" ? [join(mount.path, name)] : []));
      if (verb === "mount") for (const path of mounted) writeFileSync(path, randomBytes(Number(content)));
      if (verb === "find") for (const path of mounted) this.found = statSync(path).size;
      writeFileSync(join(upper, name), content.repeat(5000));
      return 0;
    };
  }

  static async open(): Promise<Machine> {
    return new Machine(await BuildFixture.open());
  }

  build(dockerfile: readonly string[], more: Partial<BuildRequest>) {
    const { store } = this.fixture;
    const registries = { client: async () => this.client, clientOf: async () => this.client };
    const images = imageSource({ images: store.images, registries });
    const caches = cachePlaces({ store, kernel: loadKernel(), registries });
    return this.fixture.watch(dockerfile, more, this.fixture.anotherBuilder(store, { images, caches }));
  }

  push(name: string, image: Awaited<ReturnType<Machine["build"]>>) {
    const { unstored } = image;
    return pushImages(this.fixture.store.images, this.client, name, {
      report: () => undefined,
      ...(unstored === undefined ? {} : { image: unstored }),
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.client[Symbol.asyncDispose]();
    await this.fixture[Symbol.asyncDispose]();
  }
}

/** A cache of all steps under a tag. */
export const toRegistry = (reference: string) =>
  ({
    to: { kind: "registry", reference },
    mode: "max",
    compression: "gzip",
    ignoreErrors: false,
    mounts: false,
  }) as const;
