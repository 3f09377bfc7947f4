import assert from "node:assert/strict";
import type { ServerResponse } from "node:http";
import { describe, it } from "mocha";
import { type Digest, digestOf } from "../../../core/digest.ts";
import { MEDIA_TYPES } from "../../../image/media-types.ts";
import { tarOf } from "../client/support.ts";
import type { Reply } from "../server/support.ts";
import { type StorageName, TestProxy } from "./support.ts";

const STORAGES: readonly StorageName[] = ["embedded", "filesystem"];
const LAYER = tarOf("a", Buffer.alloc(300_000, "layer"));
const OTHER = Buffer.alloc(300_000, "other");

/** Writes for as long as somebody reads; `limit` keeps a test that fails from never ending. */
function endless(response: ServerResponse, limit = 1 << 30): void {
  const piece = Buffer.alloc(1 << 16, " ");
  let sent = 0;
  const more = (): void => {
    if (response.destroyed || sent > limit) return void response.destroy();
    sent += piece.byteLength;
    response.write(piece, more);
  };
  more();
}

interface Lie {
  readonly title: string;
  readonly about: "blobs" | "manifests";
  readonly tell: (response: ServerResponse, blob: { readonly digest: string; readonly size: number }) => void;
  /** Status and code, or "broken": the transfer ends without having been complete. */
  readonly want: readonly [status: number, code: string] | "broken";
}

const INVALID = [502, "UNAVAILABLE"] as const;
const typed = (response: ServerResponse, type: string, content: string | Buffer): void =>
  void response.writeHead(200, { "content-type": type }).end(content);

const LIES: readonly Lie[] = [
  {
    title: "other bytes of the same length",
    about: "blobs",
    tell: (response, { size }) =>
      response.writeHead(200, { "content-length": size }).end(Buffer.alloc(size, "other")),
    want: "broken",
  },
  {
    title: "another length than the manifest says",
    about: "blobs",
    tell: (response) => response.writeHead(200, { "content-length": OTHER.byteLength + 7 }).end(),
    want: INVALID,
  },
  {
    title: "less than it announced, again and again",
    about: "blobs",
    tell: (response, { size }) => {
      response.writeHead(200, { "content-length": size }).write(Buffer.alloc(10));
      setImmediate(() => response.destroy());
    },
    want: "broken",
  },
  {
    title: "a body without an announced length that is too short",
    about: "blobs",
    tell: (response) => response.writeHead(200).end("short"),
    want: "broken",
  },
  {
    title: "a body without an end",
    about: "blobs",
    tell: (response) => {
      response.writeHead(200);
      endless(response);
    },
    want: "broken",
  },
  {
    title: "a redirect to itself",
    about: "blobs",
    tell: (response) => response.writeHead(307, { location: "?again" }).end(),
    want: INVALID,
  },
  {
    title: "a redirect to a file",
    about: "blobs",
    tell: (response) => response.writeHead(302, { location: "file:///etc/passwd" }).end(),
    want: INVALID,
  },
  {
    title: "that it does not have it",
    about: "blobs",
    tell: (response) => response.writeHead(404).end(),
    want: [404, "BLOB_UNKNOWN"],
  },
  {
    title: "a fault of its own",
    about: "blobs",
    tell: (response) => response.writeHead(500).end("<html>"),
    want: [503, "UNAVAILABLE"],
  },
  {
    title: "a manifest of another digest",
    about: "manifests",
    tell: (response) => {
      response.setHeader("docker-content-digest", digestOf("other"));
      typed(response, MEDIA_TYPES.manifest, "{}");
    },
    want: INVALID,
  },
  {
    title: "an index under the type of a manifest",
    about: "manifests",
    tell: (response) => {
      const document = { schemaVersion: 2, mediaType: MEDIA_TYPES.index, manifests: [] };
      typed(response, MEDIA_TYPES.manifest, JSON.stringify(document));
    },
    want: INVALID,
  },
  {
    title: "a page in place of a manifest",
    about: "manifests",
    tell: (response) => typed(response, "text/html", "<html>log in</html>"),
    want: INVALID,
  },
  {
    title: "a manifest of schema 1",
    about: "manifests",
    tell: (response) => typed(response, "application/vnd.docker.distribution.manifest.v1+prettyjws", "{}"),
    want: INVALID,
  },
  {
    title: "a manifest without an end",
    about: "manifests",
    tell: (response) => {
      response.writeHead(200, { "content-type": MEDIA_TYPES.manifest });
      endless(response);
    },
    want: INVALID,
  },
  {
    title: "redirects in a circle",
    about: "manifests",
    tell: (response) => response.writeHead(302, { location: "/v2/app/manifests/1" }).end(),
    want: INVALID,
  },
  {
    title: "no HTTP",
    about: "manifests",
    tell: (response) => void response.socket?.end("SSH-2.0-OpenSSH_9.9\r\n"),
    want: [503, "UNAVAILABLE"],
  },
];

const outcome = (answer: Promise<Reply>): Promise<readonly unknown[] | "broken"> =>
  answer.then(
    ({ status, codes }) => [status, ...codes],
    () => "broken",
  );

for (const storage of STORAGES)
  describe(`a cache in ${storage} storage, of an upstream that sends`, () => {
    for (const { title, about, tell, want } of LIES)
      it(`${title}: keeps nothing and goes on`, async () => {
        await using proxy = await TestProxy.open({ storage });
        const { upstream, registry } = proxy;
        const { manifest, layers } = upstream.addImage("app", "1", [LAYER]);
        const [layer = manifest] = layers;
        if (about === "blobs") await registry.send("GET", "/v2/up/app/manifests/1");
        upstream.intercept = ({ url }, response) => {
          if (!url.includes(`/${about}/`)) return false;
          tell(response, layer);
          return true;
        };
        const path = about === "blobs" ? `/v2/up/app/blobs/${layer.digest}` : "/v2/up/app/manifests/1";
        // Two at once: whoever waits for the same hears the same.
        const got = await Promise.all([1, 2].map(() => outcome(registry.send("GET", path))));
        assert.deepEqual(got, [want, want]);
        const { blobs, metadata } = registry.storage;
        const wanted = (about === "blobs" ? layer : manifest).digest as Digest;
        assert.equal(await blobs.stat(wanted), undefined);
        assert.equal(await metadata.blob("up/app", wanted), undefined);
        if (about === "manifests") assert.equal(await metadata.hasRepository("up/app"), false);
        assert.deepEqual(proxy.uploads, []);
        upstream.intercept = () => false;
        assert.equal((await registry.send("GET", path)).status, 200);
      });
  });
