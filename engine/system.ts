import { readdirSync } from "node:fs";
import { arch, cpus, hostname, release, totalmem } from "node:os";
import type { Digest } from "../core/digest.ts";
import { hostPlatform } from "../core/platform.ts";
import type { Abortable } from "../core/streams.ts";
import { VERSION } from "../core/version.ts";
import type { ContainerRecord } from "../runtime/container-config.ts";
import type { Store } from "../store/types.ts";
import type { SystemService } from "./api.ts";
import { isActive } from "./containers/active.ts";
import type { Jobs } from "./jobs.ts";
import { examine, thisHost } from "./system/doctor.ts";

/** The version of the Engine API whose documents inspect, version and info follow. */
const API_VERSION = "1.51";
const MIN_API_VERSION = "1.24";

export interface SystemParts {
  readonly store: Store;
  readonly jobs: Jobs;
  readonly containers: () => Promise<readonly ContainerRecord[]>;
  readonly volumes: () => Promise<readonly { readonly bytes: number; readonly used: boolean }[]>;
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
    return {
      Version: VERSION,
      ApiVersion: API_VERSION,
      MinAPIVersion: MIN_API_VERSION,
      Os: os,
      Arch: architecture,
      KernelVersion: release(),
      NodeVersion: process.versions.node,
    };
  }

  async info() {
    const { store } = this.#parts;
    const states = (await this.#parts.containers()).map(({ state }) => state.status);
    const count = (...wanted: readonly string[]) => states.filter((status) => wanted.includes(status)).length;
    return {
      Containers: states.length,
      ContainersRunning: count("running", "restarting"),
      ContainersPaused: count("paused"),
      ContainersStopped: count("created", "exited", "dead"),
      Images: store.images.list().length,
      ServerVersion: VERSION,
      Driver: store.snapshots.name,
      LoggingDriver: "json-file",
      CgroupVersion: thisHost().exists("/sys/fs/cgroup/cgroup.controllers") ? "2" : "1",
      DefaultRuntime: "slipway",
      KernelVersion: release(),
      OperatingSystem: operatingSystem(),
      OSType: "linux",
      Architecture: arch() === "x64" ? "x86_64" : arch() === "arm64" ? "aarch64" : arch(),
      NCPU: cpus().length,
      MemTotal: totalmem(),
      Name: hostname(),
      DockerRootDir: store.paths.root,
      Warnings: examine(thisHost()).flatMap(({ name, status, detail }) =>
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

/** https://www.freedesktop.org/software/systemd/man/latest/os-release.html */
function operatingSystem(): string {
  const text = thisHost().read("/etc/os-release") ?? thisHost().read("/usr/lib/os-release") ?? "";
  return /^PRETTY_NAME="?([^"\n]*)"?$/m.exec(text)?.[1] ?? "Linux";
}
