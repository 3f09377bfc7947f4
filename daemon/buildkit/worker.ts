import { hostPlatform } from "../../core/platform.ts";
import { VERSION } from "../../core/version.ts";
import type { WORKER_RECORD } from "../../wire/buildkit/control.ts";

type WorkerRecord = Parameters<typeof WORKER_RECORD.encode>[0];

const LABELS = {
  "org.mobyproject.buildkit.worker.executor": "slipway",
  // By this clients know an image store that pushes by itself and writes archives.
  "org.mobyproject.buildkit.worker.snapshotter": "slipway",
} as const;

export const BUILDKIT_VERSION = {
  package: "slipway",
  version: `v${VERSION}`,
  revision: "",
} as const;

/** The one worker: this engine. */
export const worker = (): WorkerRecord => {
  const { os, architecture, variant = "" } = hostPlatform();
  return {
    id: "slipway",
    labels: new Map(Object.entries(LABELS)),
    platforms: [{ os, architecture, variant }],
    buildkitVersion: BUILDKIT_VERSION,
  };
};

const enabled = (ids: readonly string[]) => ids.map((id) => ({ id, enabled: true }));

/** What the frontend's bridge can do. https://github.com/moby/buildkit/blob/master/frontend/gateway/pb/caps.go */
export const FRONTEND_CAPS = enabled([
  "solve.base",
  "solve.inlinereturn",
  "return",
  "returnmap",
  "proto.refarray",
  "reference.output",
  "frontend.caps",
  "gateway.solve.metadata",
]);
/** What builds can do. Clients leave out of their requests what is not named: attestations, policies. https://github.com/moby/buildkit/blob/master/solver/pb/caps.go */
export const LLB_CAPS = enabled([
  "source.image",
  "source.image.resolvemode",
  "source.local",
  "source.local.unique",
  "source.local.sessionid",
  "source.local.includepatterns",
  "source.local.followpaths",
  "source.local.excludepatterns",
  "source.local.sharedkeyhint",
  "exec.meta.base",
  "exec.meta.proxyenv",
  "exec.meta.network",
  "file.base",
  "constraints",
  "platform",
  "meta.ignorecache",
  "meta.description",
  "meta.exportcache",
  "exporter.multiple",
  "gc.freespacefilter",
]);
