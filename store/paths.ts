import { join, resolve } from "node:path";
import { algorithmOf, type Digest, type DigestAlgorithm, hexOf } from "../core/digest.ts";

/**
 * Every path below a state root; nothing else joins them.
 *
 *   <root>/
 *     oci-layout, index.json        the content store is an OCI image layout (image-spec, image-layout.md)
 *     blobs/<algorithm>/<hex>       manifests, configs, layers: uncompressed layer tars under their diff id, compressed forms beside them
 *     layers/<hex of diff id>/      what a snapshot driver derived from that tar: fs/ (overlay2), layer.erofs (erofs)
 *     snapshots/<key>/              a writable root filesystem: upper/ and work/ (overlay2), fs/ (vfs)
 *     slipway.db                    metadata (SQLite, WAL)
 *     containers/<id>/              config.json, shim.sock, <id>-json.log, hosts, hostname, resolv.conf, exit, state
 *     volumes/<name>/_data
 *     networks/
 *     cachemounts/<key>/            what RUN --mount=type=cache keeps from one build to the next
 *     ingest/                       temporary files of one process each, swept when it is gone
 *     uploads/<id>                  blobs on their way into the registry, kept over restarts
 *     registry/                     who may use the registry: users, policy, tokens, certificates
 *     registry.secret               proves to the registry on this root that a client may read it
 *     locks/<name>                  flock(2) files
 *     seccomp/<digest>              compiled system call filters
 */
export class Paths {
  /** Absolute: launchers and mounts have other working directories. */
  readonly root: string;

  constructor(root: string) {
    this.root = resolve(root);
  }

  get database(): string {
    return join(this.root, "slipway.db");
  }
  get ociLayout(): string {
    return join(this.root, "oci-layout");
  }
  get index(): string {
    return join(this.root, "index.json");
  }
  blobs(algorithm: DigestAlgorithm): string {
    return join(this.root, "blobs", algorithm);
  }
  blob(digest: Digest): string {
    return join(this.blobs(algorithmOf(digest)), hexOf(digest));
  }
  get layers(): string {
    return join(this.root, "layers");
  }
  layer(diffId: Digest): string {
    return join(this.layers, hexOf(diffId));
  }
  /** A directory without entries, where a mount needs one. */
  get emptyLayer(): string {
    return join(this.layers, "empty");
  }
  get snapshots(): string {
    return join(this.root, "snapshots");
  }
  snapshot(key: string): string {
    return join(this.snapshots, key);
  }
  get containers(): string {
    return join(this.root, "containers");
  }
  container(id: string): string {
    return join(this.containers, id);
  }
  network(id: string): string {
    return join(this.root, "networks", id);
  }
  networkNames(id: string): string {
    return join(this.network(id), "names");
  }
  get volumes(): string {
    return join(this.root, "volumes");
  }
  volume(name: string): string {
    return join(this.volumes, name, "_data");
  }
  cacheMount(key: string): string {
    return join(this.root, "cachemounts", key);
  }
  get ingest(): string {
    return join(this.root, "ingest");
  }
  get uploads(): string {
    return join(this.root, "uploads");
  }
  get registry(): string {
    return join(this.root, "registry");
  }
  get registrySecret(): string {
    return join(this.root, "registry.secret");
  }
  get locks(): string {
    return join(this.root, "locks");
  }
  lock(name: string): string {
    return join(this.locks, name);
  }
  get seccomp(): string {
    return join(this.root, "seccomp");
  }
}
