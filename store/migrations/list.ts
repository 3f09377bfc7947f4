import { storeMigration } from "./001-store.ts";
import { buildCacheMigration } from "./002-build-cache.ts";
import { containersMigration } from "./003-containers.ts";
import { jobsMigration } from "./004-jobs.ts";
import { registryMigration } from "./005-registry.ts";
import { remoteBlobsMigration } from "./006-remote-blobs.ts";
import { manifestListsMigration } from "./007-manifest-lists.ts";
import { registryRootsMigration } from "./008-registry-roots.ts";
import { registryAwaitedMigration } from "./009-registry-awaited.ts";
import { eventsMigration } from "./010-events.ts";
import { cacheMountsMigration } from "./011-cache-mounts.ts";
import { endpointsMigration } from "./012-endpoints.ts";
import { httpSourcesMigration } from "./013-http-sources.ts";
import { registryUpstreamMigration } from "./014-registry-upstream.ts";
import { formerBuildsMigration } from "./015-former-builds.ts";
import { buildsMigration } from "./016-builds.ts";
import { portableRecordsMigration } from "./017-portable-records.ts";
import { imageListsMigration } from "./018-image-lists.ts";
import { buildFailuresMigration } from "./019-build-failures.ts";
import { recordsByInputsMigration } from "./020-records-by-inputs.ts";
import { cacheValueMigration } from "./021-cache-value.ts";
import { attestationsMigration } from "./022-attestations.ts";
import { buildsKeptMigration } from "./023-builds-kept.ts";
import { endpointsIpv6Migration } from "./024-endpoints-ipv6.ts";
import { volumeOptionsMigration } from "./025-volume-options.ts";
import type { Migration } from "./migration.ts";

/**
 * The schema, in order; a root's PRAGMA user_version counts the steps it has. An area adds its tables as one numbered file.
 *
 * Garbage collection learns from the schema itself what is in use, so that a process that never loaded an area keeps its things too:
 * - every view named roots_<area> lists, in its column `digest`, blobs and layers that must stay;
 * - every view named owners_<area> lists, in its column `key`, the snapshots that somebody owns.
 */
export const MIGRATIONS: readonly Migration[] = [
  storeMigration,
  buildCacheMigration,
  containersMigration,
  jobsMigration,
  registryMigration,
  remoteBlobsMigration,
  manifestListsMigration,
  registryRootsMigration,
  registryAwaitedMigration,
  eventsMigration,
  cacheMountsMigration,
  endpointsMigration,
  httpSourcesMigration,
  registryUpstreamMigration,
  formerBuildsMigration,
  buildsMigration,
  portableRecordsMigration,
  imageListsMigration,
  buildFailuresMigration,
  recordsByInputsMigration,
  cacheValueMigration,
  attestationsMigration,
  buildsKeptMigration,
  endpointsIpv6Migration,
  volumeOptionsMigration,
];
