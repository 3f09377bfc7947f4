import { readdirSync } from "node:fs";
import { arch, cpus, hostname, release, totalmem } from "node:os";
import type { Digest } from "../core/digest.ts";
import { hostPlatform } from "../core/platform.ts";
import type { Abortable } from "../core/streams.ts";
import { API_VERSION, VERSION } from "../core/version.ts";
import type { ContainerRecord } from "../runtime/container-config.ts";
import type { Store } from "../store/types.ts";
import type { BuildCacheEntry, SystemService } from "./api.ts";
import { isActive } from "./containers/active.ts";
import { versionDocument } from "./documents/version.ts";
import type { Jobs } from "./jobs.ts";
import type { RegistrySettings } from "./registries.ts";
import { examine, thisHost } from "./system/doctor.ts";
import { engineId, limitFacts, operatingSystem } from "./system/host-info.ts";
import { registryFacts } from "./system/registry-facts.ts";

/** The oldest version of the Engine API that is served. */
const MIN_API_VERSION = "1.24";

const LOG_DRIVERS = ["json-file"];
const NO_SWARM = {
  NodeID: "",
  NodeAddr: "",
  LocalNodeState: "inactive",
  ControlAvailable: false,
  Error: "",
  RemoteManagers: null,
};

export interface SystemParts {
  readonly registries: RegistrySettings;
  readonly store: Store;
  readonly jobs: Jobs;
  readonly containers: () => Promise<readonly ContainerRecord[]>;
  readonly volumes: () => Promise<readonly { readonly bytes: number; readonly used: boolean }[]>;
  readonly buildCache: () => Promise<readonly BuildCacheEntry[]>;
  /** Gives back what processes that are gone held. */
  readonly sweep: () => Promise<void>;
}

export class System implements SystemService {
  readonly #parts: SystemParts;

  constructor(parts: SystemParts) {
    this.#parts = parts;
  }

  async version() {
    const { os, architecture } = hostPlatform();
    return versionDocument({
      version: VERSION,
      api: API_VERSION,
      minApi: MIN_API_VERSION,
      os,
      architecture,
      kernel: release(),
      node: process.versions.node,
    });
  }

  async info() {
    const { store, registries } = this.#parts;
    const host = thisHost();
    const states = (await this.#parts.containers()).map(({ state }) => state.status);
    const count = (...wanted: readonly string[]) => states.filter((status) => wanted.includes(status)).length;
    return {
      ID: engineId(host, store.paths.root),
      Containers: states.length,
      ContainersRunning: count("running", "restarting"),
      ContainersPaused: count("paused"),
      ContainersStopped: count("created", "exited", "dead"),
      Images: store.images.list().length,
      Driver: store.snapshots.name,
      DriverStatus: [["Reason", store.driver.reason]],
      Plugins: {
        Volume: ["local"],
        Network: ["bridge", "host", "null"],
        Authorization: null,
        Log: LOG_DRIVERS,
      },
      ...limitFacts(host),
      Debug: false,
      SystemTime: new Date().toISOString(),
      LoggingDriver: "json-file",
      KernelVersion: release(),
      ...operatingSystem(host),
      Architecture: arch() === "x64" ? "x86_64" : arch() === "arm64" ? "aarch64" : arch(),
      NCPU: cpus().length,
      MemTotal: totalmem(),
      GenericResources: null,
      DockerRootDir: store.paths.root,
      ...registryFacts(registries),
      Name: hostname(),
      Labels: [],
      ExperimentalBuild: false,
      ServerVersion: VERSION,
      Runtimes: { slipway: { path: "slipway" } },
      DefaultRuntime: "slipway",
      Swarm: NO_SWARM,
      // Containers do not end with the process that started them.
      LiveRestoreEnabled: true,
      Isolation: "",
      InitBinary: "",
      FirewallBackend: { Driver: "nftables" },
      Warnings: examine(host).flatMap(({ name, status, detail }) =>
        status === "ok" ? [] : [`${name}: ${detail}`],
      ),
    };
  }

  check(options: { readonly quick?: boolean } & Abortable = {}) {
    return this.#parts.jobs.record("check", { quick: options.quick === true }, async () => {
      await this.#parts.sweep();
      const { checked, problems } = await this.#parts.store.check(options);
      const containers = await this.#parts.containers();
      return {
        checked: { ...checked, containers: containers.length },
        problems: [...problems, ...this.#leftovers(containers)],
      };
    });
  }

  /** Directories of containers that no row knows. */
  #leftovers(containers: readonly ContainerRecord[]): readonly string[] {
    const known = new Set(containers.map(({ id }) => id));
    return readdirSync(this.#parts.store.paths.containers)
      .filter((name) => !known.has(name))
      .map((name) => `containers/${name} belongs to no container`);
  }

  async diskUsage() {
    const { store } = this.#parts;
    const containers = await this.#parts.containers();
    const usedImages = new Set(containers.map(({ imageId }) => imageId));
    const images = store.images.list().map(({ id, layers }) => ({ used: usedImages.has(id), layers }));
    const usages = await Promise.all(
      containers.map(async (record) => ({
        used: isActive(record),
        bytes: (await store.snapshots.usage(record.id)).bytes,
      })),
    );
    return {
      Images: {
        count: images.length,
        active: images.filter(({ used }) => used).length,
        ...this.#layerBytes(images),
      },
      Containers: summary(usages),
      "Local Volumes": summary(await this.#parts.volumes()),
      // What images have as well is counted with them.
      "Build Cache": summary(
        (await this.#parts.buildCache()).map(({ inUse, shared, bytes }) => ({
          used: inUse,
          bytes: shared ? 0 : bytes,
        })),
      ),
    };
  }

  /** A layer that several images share counts once, and is in use when one of them is. */
  #layerBytes(images: readonly { readonly used: boolean; readonly layers: readonly Digest[] }[]) {
    const { layers } = this.#parts.store;
    const all = new Set(images.flatMap((image) => image.layers));
    const used = new Set(images.filter((image) => image.used).flatMap((image) => image.layers));
    const sum = (ids: Iterable<Digest>) =>
      [...ids].reduce((total, id) => total + (layers.stat(id)?.size ?? 0), 0);
    const bytes = sum(all);
    return { bytes, reclaimable: bytes - sum(used) };
  }

  collect() {
    return this.#parts.jobs.record("collect", {}, async () => {
      await this.#parts.sweep();
      return this.#parts.store.collect();
    });
  }

  async doctor() {
    return examine(thisHost());
  }
}

function summary(things: readonly { readonly used: boolean; readonly bytes: number }[]) {
  const sum = (list: typeof things) => list.reduce((total, { bytes }) => total + bytes, 0);
  const idle = things.filter(({ used }) => !used);
  return {
    count: things.length,
    active: things.length - idle.length,
    bytes: sum(things),
    reclaimable: sum(idle),
  };
}
