import { mkdirSync } from "node:fs";
import type { SecretSource } from "../../../builder/ports.ts";
import type { FailedState, KeptMount } from "../../../builder/steps/failed-state.ts";
import { Failure } from "../../../core/errors.ts";
import { newId } from "../../../core/ids.ts";
import { type Mount, readOnlyRootfs, type TransientMount } from "../../../core/mount.ts";
import type { LaunchFile } from "../../../runtime/launch/launcher.ts";
import type { SessionRequest } from "../../../runtime/transient.ts";
import type { TransientSession } from "../../../runtime/transient-session.ts";
import { temporaryPath } from "../../../store/content/temporary.ts";
import type { Store } from "../../../store/types.ts";
import type { BuildDebugger, DebugOptions, DebugSession } from "../../build-history-api.ts";
import type { FailureTable } from "./failure-table.ts";
import { findShell, type Shell } from "./shell.ts";

export interface DebuggerParts {
  readonly store: Store;
  readonly failures: FailureTable;
  readonly open: (request: SessionRequest) => Promise<TransientSession>;
  /** The full ref of a build. Rejects with BUILD_RECORD_UNKNOWN. */
  readonly refOf: (build: string) => Promise<string>;
}

const GROUP = "/slipway/debug";

/** What of a mount can be given again. */
interface Given {
  readonly mounts?: readonly TransientMount[];
  readonly files?: readonly LaunchFile[];
  readonly env?: readonly string[];
  readonly missing?: readonly string[];
}

/** Enters what failed steps left: their own snapshot, with the mounts and the environment the command had. */
export class Debugger implements BuildDebugger {
  readonly #parts: DebuggerParts;

  constructor(parts: DebuggerParts) {
    this.#parts = parts;
  }

  async debug(build: string, options: DebugOptions = {}): Promise<DebugSession> {
    const { store, failures, refOf } = this.#parts;
    const ref = await refOf(build);
    const state = failures.find(ref);
    if (state === undefined) throw new Failure("BUILD_STATE_GONE", { build: ref });
    const lease = store.leases.open("debugging of a build");
    try {
      const session = await this.#enter(state, lease, options);
      return {
        ...session,
        output: session.output,
        async [Symbol.asyncDispose]() {
          await session[Symbol.asyncDispose]();
          await lease[Symbol.asyncDispose]();
        },
      };
    } catch (error) {
      await lease[Symbol.asyncDispose]();
      throw error;
    }
  }

  async #enter(
    state: FailedState,
    lease: ReturnType<Store["leases"]["open"]>,
    { command = [], terminal, secrets, warn = () => {} }: DebugOptions,
  ): Promise<DebugSession> {
    const { store, open } = this.#parts;
    const rootfs = await store.snapshots.mounts(state.snapshot);
    const given = await Promise.all(state.mounts.map((mount) => this.#give(mount, secrets)));
    const [program, ...rest] = command;
    const shell: Shell =
      program === undefined ? await this.#shell(rootfs) : { args: [program, ...rest], mounts: [] };
    const folder = temporaryPath(store.paths);
    lease.temporary(folder);
    mkdirSync(folder, { mode: 0o700 });
    const session = await open({
      ...state.request,
      id: `debug-${newId().slice(0, 32)}`,
      rootfs,
      folder,
      process: { ...state.process, args: shell.args, env: environment(state, given, shell) },
      files: [...state.request.files, ...given.flatMap(({ files = [] }) => files)],
      mounts: [...given.flatMap(({ mounts = [] }) => mounts), ...shell.mounts],
      // A group of its own ends what somebody left running when this process is killed.
      resources: { CgroupParent: GROUP },
      onCgroup: (path) => lease.cgroup(path),
      warn,
      ...(terminal === undefined ? {} : { terminal }),
    });
    return Object.assign(session, {
      command: state.process.args,
      missing: given.flatMap(({ missing = [] }) => missing),
    });
  }

  async #shell(rootfs: readonly Mount[]): Promise<Shell> {
    const { store } = this.#parts;
    using tree = await store.trees.open(readOnlyRootfs(rootfs));
    const shell = await findShell(tree, store);
    if (shell !== undefined) return shell;
    throw new Failure(
      "DEBUG_SHELL_MISSING",
      {},
      {
        hint: "get one with `slipway pull busybox`, or install a static busybox on this machine",
      },
    );
  }

  async #give(mount: KeptMount, secrets: SecretSource | undefined): Promise<Given> {
    if (mount.kind === "ssh") return { missing: [`ssh agent ${mount.id}`] };
    if (mount.kind === "layers") {
      const { target, layers, path } = mount;
      const mounts = await this.#parts.store.snapshots.view(layers);
      return { mounts: [{ kind: "rootfs", target, mounts, path, readOnly: true }] };
    }
    if (mount.kind !== "secret") return { mounts: [mount] };
    const value = await secrets?.secret(mount.id);
    if (value === undefined) return { missing: [`secret ${mount.id}`] };
    const { target, env, owner } = mount;
    return {
      files: target === undefined ? [] : [{ path: target, content: value, mode: owner.mode, owner }],
      env: env === undefined ? [] : [`${env}=${Buffer.from(value).toString("utf8")}`],
    };
  }
}

const DEFAULT_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/** What the command had; commands that are lent come last, so that they hide none of the image's own. */
function environment({ process }: FailedState, given: readonly Given[], { path }: Shell): readonly string[] {
  const env = [...process.env, ...given.flatMap((each) => each.env ?? [])];
  if (path === undefined) return env;
  const own = env.findLast((pair) => pair.startsWith("PATH="))?.slice("PATH=".length) ?? DEFAULT_PATH;
  return [...env.filter((pair) => !pair.startsWith("PATH=")), `PATH=${own}:${path}`];
}
