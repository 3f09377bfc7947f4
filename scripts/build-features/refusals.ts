import { BAKE_FAULTS, BUILD, BUILDX, type Feature, REFUSED, RESOLVE } from "./feature.ts";

/** What is refused by its name, besides the flags of which `build` says so itself, and the test that sees it. */
export const REFUSALS: readonly Feature[] = [
  ["RUN --device", REFUSED, "RUN --device"],
  ["# syntax=, BUILDKIT_SYNTAX= of other frontends", RESOLVE, "The declared syntax"],
  ["SOURCE_DATE_EPOCH that is no number", BUILD, "refuse a SOURCE_DATE_EPOCH that is no number"],
  ["--squash", REFUSED, "--squash"],
  ["--rm=false", REFUSED, "--rm=false"],
  ["--allow device, fs, image, ssh", REFUSED, "device"],
  ["--network of a container", REFUSED, "bridge"],
  ["--output type=local,mode=delete over the working directory", REFUSED, "dest=.,mode=delete"],
  ["--output type=docker,tar=false", REFUSED, "type=docker,dest=x,tar=false"],
  ["--output type=oci,tar=false, from buildx", BUILDX, "the output type=oci,tar=false is not supported"],
  ["--output type=image,compression=estargz", REFUSED, "compression=estargz"],
  [
    "--output with push-by-digest, registry.insecure, dangling-name-prefix, name-canonical, oci-artifact, attestation-inline, prefer-nondist-layers, compression-level",
    REFUSED,
    "compression-level",
  ],
  ["--output with oci-mediatypes, store, rewrite-timestamp=false", REFUSED, "rewrite-timestamp=false"],
  ["--output force-compression without compression=", REFUSED, "force-compression"],
  ["--output platform-split against the number of platforms", REFUSED, "platform-split=true"],
  ["--builder, --isolation other than default", REFUSED, "--isolation=hyperv"],
  ["--output type=local with attestation-prefix", REFUSED, "attestation-prefix"],
  ["--output type=docker,dest= of several platforms", REFUSED, "type=docker with several platforms"],
  ["--cache-to type=inline,mounts=true", REFUSED, "type=inline,mounts=true"],
  [
    "--cache-to mounts=true, to a daemon that is not Slipway's",
    "test/client/foreign-daemon.test.ts",
    "keeping cache mounts in a cache",
  ],
  ["--cache-to, --cache-from type=gha, s3, azblob", REFUSED, "azblob"],
  [
    "--cache-to with compression-level, force-compression, registry.insecure, reset",
    REFUSED,
    "force-compression",
  ],
  ["--cache-to of several platforms", REFUSED, "--cache-to with several platforms"],
  ["raw LLB, other frontends, from buildx", BUILDX, "the frontend example"],
  ["bake --builder=other, --var", REFUSED, "bake --"],
  ["--annotation index:, index-descriptor:, manifest-descriptor:", REFUSED, "index of --annotation"],
  ["attributes of bake that are none", BAKE_FAULTS, "unsupported attribute nonsense"],
];
