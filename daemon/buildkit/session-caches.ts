import type { Descriptor } from "../../core/descriptor.ts";
import type { CacheExport, CacheLocation } from "../../engine/api.ts";
import { cacheStore } from "../../wire/buildkit/content.ts";
import type { ClientsCache, NamedCache, NamedExport } from "./caches.ts";
import { readBlob, sizeOfBlob, writeBlob } from "./session-blobs.ts";
import type { Session } from "./sessions.ts";

/** The caches that a build reads; clients name one twice: to the solver, and to the frontend. */
export const cachesToRead = (session: Session, named: readonly NamedCache[]): readonly CacheLocation[] => {
  const once = new Map(named.map((cache) => [JSON.stringify(cache), cache]));
  return [...once.values()].map((cache) =>
    cache.kind === "client" ? lentCache(session, cache, () => undefined) : cache,
  );
};

/** The caches that a build writes; `written` is told what is in the client's folder then. */
export const cachesToWrite = (
  session: Session,
  named: readonly NamedExport[],
  written: (manifest: Descriptor) => void,
): readonly CacheExport[] =>
  named.map(({ to, ...rest }) => ({
    ...rest,
    to: to.kind === "client" ? lentCache(session, to, written) : to,
  }));

function lentCache(
  session: Session,
  { path, digest }: ClientsCache,
  written: (manifest: Descriptor) => void,
): CacheLocation {
  const at = { session, store: cacheStore(path) };
  return {
    kind: "lent",
    name: path,
    blobs: {
      async find(options) {
        const size = digest === undefined ? undefined : await sizeOfBlob(at, digest, options);
        return digest === undefined || size === undefined ? undefined : { digest, size };
      },
      read: (blob, options) => readBlob(at, blob, options),
      write: (blob, content, options) => writeBlob(at, blob, content, options),
      // Its name is the client's to give.
      name: async (manifest) => written(manifest),
    },
  };
}
