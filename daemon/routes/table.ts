import type { Engine } from "../../engine/api.ts";
import type { Route } from "../http/route.ts";
import { absentRoutes } from "./absent.ts";
import { buildkitRoutes } from "./buildkit.ts";
import { buildRoutes } from "./builds.ts";
import { containerFactRoutes } from "./container-facts.ts";
import { containerFileRoutes } from "./container-files.ts";
import { containerLifeRoutes } from "./container-life.ts";
import { containerRunRoutes } from "./container-runs.ts";
import { containerStreamRoutes } from "./container-streams.ts";
import { eventRoutes } from "./events.ts";
import { execRoutes } from "./execs.ts";
import { imageFactRoutes } from "./image-facts.ts";
import { imageLifeRoutes } from "./image-life.ts";
import { imageTransferRoutes } from "./image-transfer.ts";
import { networkRoutes } from "./networks.ts";
import { ownBuildRoutes } from "./own-builds.ts";
import { ownImageRoutes } from "./own-images.ts";
import { ownManifestRoutes } from "./own-manifests.ts";
import { ownRegistryRoutes } from "./own-registry.ts";
import { ownSystemRoutes } from "./own-system.ts";
import { registryFactRoutes } from "./registry-facts.ts";
import { type DaemonFacts, systemRoutes } from "./system.ts";
import { volumeRoutes } from "./volumes.ts";

/** Docker Engine API 1.51 and what Slipway has of its own: all routes, in the order in which they are tried. https://docs.docker.com/reference/api/engine/version/v1.51/ */
export const routeTable = (engine: Engine, facts: () => DaemonFacts): readonly Route[] => [
  ...systemRoutes(engine, facts),
  ...eventRoutes(engine.events),
  ...containerFactRoutes(engine.containers),
  ...containerLifeRoutes(engine.containers),
  ...containerRunRoutes(engine.containers),
  ...containerFileRoutes(engine.containers),
  ...containerStreamRoutes(engine.containers),
  ...execRoutes(engine),
  ...buildRoutes(engine.builds),
  ...imageFactRoutes(engine.images),
  ...registryFactRoutes(engine.distribution),
  ...imageTransferRoutes(engine.images),
  ...imageLifeRoutes(engine),
  ...networkRoutes(engine.networks),
  ...volumeRoutes(engine.volumes),
  ...buildkitRoutes(engine),
  ...ownBuildRoutes(engine.buildHistory),
  ...ownImageRoutes(engine.images),
  ...ownManifestRoutes(engine.distribution),
  ...ownRegistryRoutes(engine.registry),
  ...ownSystemRoutes(engine.system),
  ...absentRoutes(),
];
