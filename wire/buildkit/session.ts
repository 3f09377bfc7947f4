import * as proto from "../grpc/message.ts";

// The services of a client's session, as far as they are used.

/** fsutil.types.Stat. https://github.com/tonistiigi/fsutil/blob/master/types/stat.proto */
const STAT = proto.message({
  path: proto.text(1),
  /** Go's os.FileMode. */
  mode: proto.count(2, proto.uint32),
  uid: proto.count(3, proto.uint32),
  gid: proto.count(4, proto.uint32),
  size: proto.count(5),
  /** Nanoseconds since the epoch. */
  modTime: proto.count(6),
  linkname: proto.text(7),
  devmajor: proto.count(8),
  devminor: proto.count(9),
  xattrs: proto.map(10, proto.bytes),
});
export type Stat = proto.Decoded<typeof STAT>;
/** The bits of Go's os.FileMode that say what a file is; none for a regular one. */
export const TYPE_BITS = 0x8f28_0000;
/** A file whose content is asked for: no link to another one either. */
export const isRegular = ({ mode, linkname }: Stat): boolean => (mode & TYPE_BITS) === 0 && linkname === "";
/** fsutil.types.Packet. */
export const PACKET = proto.message({
  type: proto.count(1, proto.int32),
  stat: proto.optional(2, STAT),
  id: proto.count(3, proto.uint32),
  data: proto.data(4),
});
export type Packet = proto.Decoded<typeof PACKET>;
export const PACKET_TYPES = { stat: 0, request: 1, data: 2, end: 3, error: 4 } as const;

/** moby.filesync.v1.BytesMessage, and moby.upload.v1's. */
export const BYTES = proto.message({ data: proto.data(1) });

/** moby.filesync.v1.Auth. */
export const CREDENTIALS_REQUEST = proto.message({ host: proto.text(1) });
export const CREDENTIALS_RESPONSE = proto.message({ username: proto.text(1), secret: proto.text(2) });

/** moby.buildkit.secrets.v1. */
export const SECRET_REQUEST = proto.message({ id: proto.text(1), annotations: proto.map(2, proto.string) });
export const SECRET_RESPONSE = proto.message({ data: proto.data(1) });

/** moby.sshforward.v1. */
export const CHECK_AGENT_REQUEST = proto.message({ id: proto.text(1) });
export const EMPTY = proto.message({});
