import * as proto from "../grpc/message.ts";

// containerd.services.content.v1, as far as it is used: stores of blobs that a client's session lends, a folder each.
// https://github.com/containerd/containerd/blob/main/api/services/content/v1/content.proto

export const CONTENT = "containerd.services.content.v1.Content";
/** The header that says which store is meant. https://github.com/moby/buildkit/blob/master/session/content/attachable.go */
export const STORE_HEADER = "buildkit-attachable-store-id";
/** The id of a store that is an OCI layout with an image, and of one that is a cache. */
export const layoutStore = (name: string): string => `oci:${name}`;
export const cacheStore = (path: string): string => `local:${path}`;

/** The field of a build's answer that has the manifest of the cache it put into a store: a descriptor, as JSON. */
export const CACHE_MANIFEST = "cache.manifest";

export const INFO_REQUEST = proto.message({ digest: proto.text(1) });
export const INFO_RESPONSE = proto.message({
  info: proto.optional(1, proto.message({ digest: proto.text(1), size: proto.count(2) })),
});

export const READ_REQUEST = proto.message({
  digest: proto.text(1),
  offset: proto.count(2),
  /** Zero: all that follows. */
  size: proto.count(3),
});
export const READ_RESPONSE = proto.message({ offset: proto.count(1), data: proto.data(2) });

/** What a message of a write asks for; each is answered by one. The last is a commit. */
export const WRITE_ACTIONS = { stat: 0, write: 1, commit: 2 } as const;
export const WRITE_REQUEST = proto.message({
  action: proto.count(1, proto.int32),
  /** What the unfinished blob is called. */
  ref: proto.text(2),
  total: proto.count(3),
  /** The digest. */
  expected: proto.text(4),
  offset: proto.count(5),
  data: proto.data(6),
});
export const WRITE_RESPONSE = proto.message({
  action: proto.count(1, proto.int32),
  /** So many bytes have arrived. */
  offset: proto.count(4),
  total: proto.count(5),
  digest: proto.text(6),
});
