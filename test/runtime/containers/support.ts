import { existsSync, readdirSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { digestOf } from "../../../core/digest.ts";
import type { HostConfig, ProcessConfig } from "../../../runtime/container-config.ts";
import type { ContainerManager } from "../../../runtime/containers/container-manager.ts";
import type { ExecRequest } from "../../../runtime/containers/execs.ts";
import type { LogQuery } from "../../../runtime/logs/log-reader.ts";
import { DEFAULT_HOST_CONFIG, DEFAULT_PROCESS_CONFIG } from "../../../runtime/spec/defaults.ts";
import { openRuntimeRig, type RuntimeRig, requiresContainers } from "../../support/runtime-rig.ts";

export const ALL: LogQuery = { stdout: true, stderr: true, follow: false };
export const MEBIBYTE = 1024 * 1024;

export interface Wanted {
  readonly name?: string;
  readonly config?: Partial<ProcessConfig>;
  readonly host?: Partial<HostConfig>;
}

/** What leftovers() tells where nothing is left. */
export const NOTHING = { snapshots: 0, endpoints: { n: 0 }, directories: [], cgroups: [] };

/** Everything that was said. */
export async function text(output: AsyncIterable<{ readonly data: Uint8Array }>): Promise<string> {
  let all = "";
  for await (const { data } of output) all += Buffer.from(data).toString();
  return all;
}

/** A suite with busybox containers on a state root of its own; each test begins without any. */
export function describeContainers(title: string, suite: (here: Here) => void): void {
  describe(title, () => {
    const here = new Here();
    before(async function () {
      await here.open(requiresContainers(this));
    });
    afterEach(() => here.removeAll());
    after(() => here.close());
    suite(here);
  });
}

class Here {
  #rig: RuntimeRig | undefined;
  #containers: ContainerManager | undefined;
  #count = 0;

  async open(tar: string): Promise<void> {
    this.#rig = await openRuntimeRig(tar);
    this.#containers = this.#rig.openContainers();
  }

  async removeAll(): Promise<void> {
    if (this.#containers === undefined) return;
    for (const { id } of await this.#containers.list())
      await this.#containers.remove(id, { force: true, volumes: true });
  }

  async close(): Promise<void> {
    await this.#rig?.[Symbol.asyncDispose]();
  }

  get rig(): RuntimeRig {
    if (this.#rig === undefined) throw new Error("the rig is open inside of tests only");
    return this.#rig;
  }
  get containers(): ContainerManager {
    if (this.#containers === undefined) throw new Error("containers are there inside of tests only");
    return this.#containers;
  }

  readonly create = (script: string, { name, config, host }: Wanted = {}): Promise<string> =>
    this.containers.create({
      name: name ?? `test_${++this.#count}`,
      imageId: digestOf("busybox"),
      layers: this.rig.layers,
      config: {
        ...DEFAULT_PROCESS_CONFIG,
        Image: "busybox",
        Cmd: ["/bin/sh", "-c", script],
        ...config,
      },
      hostConfig: { ...DEFAULT_HOST_CONFIG, NetworkMode: "none", ...host },
    });

  readonly start = async (script: string, wanted: Wanted = {}): Promise<string> => {
    const id = await this.create(script, wanted);
    await this.containers.start(id);
    return id;
  };

  readonly status = async (id: string) => (await this.containers.get(id)).state.status;

  readonly logs = async (id: string, query: Partial<LogQuery> = {}): Promise<string> => {
    let all = "";
    for await (const { line } of this.containers.logs(id, { ...ALL, ...query }))
      all += Buffer.from(line).toString();
    return all;
  };

  /** Resolves when this, and nothing else, has been said. */
  readonly said = async (id: string, words: string): Promise<void> => {
    while ((await this.logs(id)) !== words) await sleep(20);
  };

  /** Runs to the end and returns what was said. */
  readonly run = async (script: string, wanted: Wanted = {}) => {
    const id = await this.create(script, wanted);
    await using attachment = await this.containers.attach(id, { stdin: false });
    const ended = this.containers.wait(id, "next-exit");
    await this.containers.start(id);
    const output = await text(attachment.output);
    return { id, output, ...(await ended) };
  };

  readonly exec = async (id: string, request: ExecRequest) => {
    await using session = await this.containers.exec(id, request);
    const output = await text(session.output);
    return { output, exitCode: await session.wait() };
  };

  /** What a container may leave outside of its directory. */
  readonly leftovers = () => ({
    snapshots: this.rig.store.snapshots.list().length,
    endpoints: this.rig.store.database.prepare("SELECT count(*) AS n FROM endpoints").get(),
    directories: readdirSync(this.rig.store.paths.containers),
    cgroups: existsSync("/sys/fs/cgroup/pids/slipway")
      ? readdirSync("/sys/fs/cgroup/pids/slipway").filter(
          (name) => name.length === 64 && this.containers.hasName(name),
        )
      : [],
  });
}
