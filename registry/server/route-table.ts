import { health, ping, readiness } from "./handlers/base.ts";
import { deleteBlob, getBlob } from "./handlers/blobs.ts";
import { listReferrers, listRepositories, listTags } from "./handlers/listings.ts";
import { deleteManifest, getManifest, putManifest } from "./handlers/manifests.ts";
import { cancelUpload, finishUpload, patchUpload, startUpload, uploadStatus } from "./handlers/uploads.ts";
import type { Parts } from "./parts.ts";
import type { Route } from "./routes.ts";

/** distribution-spec, "Endpoints". What is asked for most stands first; a repository's name may itself contain "blobs" or "manifests". */
export function routeTable(parts: Parts, isStopping: () => boolean): readonly Route[] {
  const manifest = { action: "pull", handle: getManifest(parts) } as const;
  const blob = { action: "pull", handle: getBlob(parts) } as const;
  const start = { action: "push", handle: startUpload(parts) } as const;
  const tags = { action: "pull", handle: listTags(parts) } as const;
  const referrers = { action: "pull", handle: listReferrers(parts) } as const;
  const catalog = { action: "catalog", handle: listRepositories(parts) } as const;
  const base = { action: "ping", handle: ping(parts) } as const;
  const healthy = { action: "health", handle: health } as const;
  const ready = { action: "health", handle: readiness(parts, isStopping) } as const;
  return [
    {
      name: "manifest",
      pattern: /^\/v2\/(?<repository>.+)\/manifests\/(?<reference>[^/]+)$/,
      methods: {
        GET: manifest,
        HEAD: manifest,
        PUT: { action: "push", handle: putManifest(parts) },
        DELETE: { action: "delete", handle: deleteManifest(parts) },
      },
    },
    {
      name: "uploads",
      pattern: /^\/v2\/(?<repository>.+)\/blobs\/uploads\/?$/,
      methods: { POST: start },
    },
    {
      name: "upload",
      pattern: /^\/v2\/(?<repository>.+)\/blobs\/uploads\/(?<reference>[^/]+)$/,
      methods: {
        GET: { action: "push", handle: uploadStatus(parts) },
        PATCH: { action: "push", handle: patchUpload(parts) },
        PUT: { action: "push", handle: finishUpload(parts) },
        DELETE: { action: "push", handle: cancelUpload(parts) },
      },
    },
    {
      name: "blob",
      pattern: /^\/v2\/(?<repository>.+)\/blobs\/(?<reference>[^/]+)$/,
      methods: { GET: blob, HEAD: blob, DELETE: { action: "delete", handle: deleteBlob(parts) } },
    },
    {
      name: "tags",
      pattern: /^\/v2\/(?<repository>.+)\/tags\/list\/?$/,
      methods: { GET: tags, HEAD: tags },
    },
    {
      name: "referrers",
      pattern: /^\/v2\/(?<repository>.+)\/referrers\/(?<reference>[^/]+)$/,
      methods: { GET: referrers, HEAD: referrers },
    },
    { name: "catalog", pattern: /^\/v2\/_catalog\/?$/, methods: { GET: catalog, HEAD: catalog } },
    { name: "base", pattern: /^\/v2\/?$/, methods: { GET: base, HEAD: base } },
    { name: "health", pattern: /^\/healthz$/, methods: { GET: healthy, HEAD: healthy } },
    { name: "readiness", pattern: /^\/readyz$/, methods: { GET: ready, HEAD: ready } },
  ];
}
