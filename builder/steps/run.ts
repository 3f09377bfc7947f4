import { both } from "../../core/both.ts";
import { type Digest, digestOf } from "../../core/digest.ts";
import { newId } from "../../core/ids.ts";
import type { ExitStatus, ProcessSpec } from "../../core/process.ts";
import { resolveUser } from "../../core/user.ts";
import type { LayerInfo } from "../../store/snapshotter.ts";
import { chainOf, type JsonValue, type Part } from "../cache/preimage.ts";
import {
  type BindMount,
  type CacheMount,
  layersOf,
  type Outcomes,
  type PlannedMount,
  type RunStep,
} from "../plan/step.ts";
import type { Operation } from "../solve/operation.ts";
import { type FailedState, keptMounts } from "./failed-state.ts";
import { originContent, originIdentity } from "./mounts/bind.ts";
import { cacheNameOf } from "./mounts/cache.ts";
import { findLeaks, type GivenSecret } from "./mounts/leaked-secrets.ts";
import { prepareMounts } from "./mounts/prepare-mounts.ts";
import { OutputTail } from "./output-tail.ts";
import { emptyLayer, epochPart, type StepContext, warnAt } from "./step-context.ts";

/** Runs a command in a transient container over `layers`; its layer is what the command changed. */
export function runOperation(step: RunStep, outcomes: Outcomes, context: StepContext): Operation {
  const layers = layersOf(outcomes, step.parent);
  const root: Part = ["root filesystem", chainOf(layers)];
  const shown = step.mounts.filter(hasOrigin);
  for (const mount of step.mounts)
    if (mount.kind === "cache") context.mounts.name({ name: cacheNameOf(mount, outcomes), id: mount.id });
  return {
    definition: [
      ["instruction", "RUN"],
      ["arguments", step.args],
      ["environment", step.env],
      ["working directory", step.cwd],
      ["user", step.user],
      ["network", step.network],
      ...(step.insecure ? [["security", "insecure"] as const] : []),
      ["extra hosts", step.extraHosts],
      ...(step.hostname === undefined ? [] : [["host name", step.hostname] as const]),
      ["files", step.files.map(({ path, content, mode }) => [path, mode, digestOf(content)])],
      ...(step.mounts.length === 0 ? [] : [["mounts", step.mounts.map(describeMount)] as const]),
      ...epochPart(context.timestamps),
    ],
    ...(shown.length === 0
      ? {}
      : { identity: async () => [root, ...shown.map((mount) => originIdentity(mount, outcomes))] }),
    inputs: async () => [
      root,
      ...(await Promise.all(shown.map((mount) => originContent(mount, outcomes, context)))),
    ],
    perform: (signal) => perform(step, outcomes, context, signal),
  };
}

type Shown = (BindMount | CacheMount) & { readonly from: BindMount["from"] };
const hasOrigin = (mount: PlannedMount): mount is Shown =>
  (mount.kind === "bind" || mount.kind === "cache") && mount.from !== undefined;

/** A mount as the key has it: what it shows is an input, and where that comes from does not matter. */
const describeMount = (mount: PlannedMount): JsonValue =>
  Object.entries(mount)
    .filter(([name, value]) => name !== "from" && value !== undefined)
    .map(([name, value]) => [name, value as JsonValue]);

async function perform(
  step: RunStep,
  outcomes: Outcomes,
  context: StepContext,
  signal: AbortSignal,
): Promise<LayerInfo> {
  const { store, lease, timestamps } = context;
  const layers = layersOf(outcomes, step.parent);
  await context.lazy.bring(layers, signal);
  await using mounted = await prepareMounts(step, { outcomes, context, signal });
  const clampMtime = await timestamps.clamp();
  const key = `build-${newId().slice(0, 32)}`;
  lease.snapshot(key);
  const [process, rootfs] = await both(
    processOf(step, { layers, clampMtime }, context, signal),
    store.snapshots.prepare(key, layers, { signal, volatile: true, held: context.held }),
  );
  let kept = false;
  try {
    const { exclude, status } = await context.executor.run(
      {
        id: key,
        rootfs,
        process: { ...process, env: [...process.env, ...mounted.env] },
        network: step.network,
        insecure: step.insecure,
        extraHosts: step.extraHosts,
        ...(step.hostname === undefined ? {} : { hostname: step.hostname }),
        resources: context.resources,
        files: [...step.files, ...mounted.files],
        mounts: mounted.mounts,
        onCgroup: (path) => lease.cgroup(path),
        output: outputOf(step, context),
        warn: context.warnOfHost,
      },
      { signal },
    );
    signal.throwIfAborted();
    if (!("code" in status) || status.code !== 0) {
      const mounts = keptMounts(step, outcomes, mounted.mounts);
      kept = keep({ snapshot: key, status, process, mounts }, step, context);
      throw new ProcessFailed(status);
    }
    const options = { exclude, signal, consume: true, ...(clampMtime === undefined ? {} : { clampMtime }) };
    const layer = await store.snapshots.commit(key, options);
    if (layer !== undefined && mounted.secrets.length > 0)
      await warnOfLeaks(step, { layer, secrets: mounted.secrets, context, signal });
    return layer ?? (await emptyLayer(store.layers));
  } finally {
    // Removing many files takes its time, and the next step need not wait for it.
    if (!kept) context.background(store.snapshots.remove(key));
  }
}

/** What a command does with a secret is its own affair, but one that lands in the image was hardly meant to. */
async function warnOfLeaks(
  step: RunStep,
  made: {
    readonly layer: LayerInfo;
    readonly secrets: readonly GivenSecret[];
    readonly context: StepContext;
    readonly signal: AbortSignal;
  },
): Promise<void> {
  const { layer, secrets, context, signal } = made;
  const tar = await context.store.content.read(layer.diffId, undefined, { signal });
  const warn = warnAt(context, step);
  for (const { id, path } of await findLeaks(tar, secrets, { signal }))
    warn(`the image will contain the value of the secret ${id}: it is in ${path}`);
}

/** Whether somebody owns the snapshot of the command that failed from now on. */
function keep(
  failed: Omit<FailedState, "request">,
  step: RunStep,
  { lease, keepFailed }: StepContext,
): boolean {
  const { network, insecure, extraHosts, hostname, files } = step;
  const request = { network, insecure, extraHosts, files, ...(hostname === undefined ? {} : { hostname }) };
  const isKept = keepFailed?.({ ...failed, request }) ?? false;
  if (isKept) lease.keep(failed.snapshot);
  return isKept;
}

/** A command that ended with anything but success; steps/failure.ts tells the user. */
export class ProcessFailed extends Error {
  override readonly name = "ProcessFailed";
  readonly status: ExitStatus;

  constructor(status: ExitStatus) {
    super("the command failed");
    this.status = status;
  }
}

const EPOCH = "SOURCE_DATE_EPOCH=";

async function processOf(
  step: RunStep,
  root: { readonly layers: readonly Digest[]; readonly clampMtime: number | undefined },
  context: StepContext,
  signal: AbortSignal,
): Promise<ProcessSpec> {
  const { user, home } = resolveUser(step.user, await context.roots.users(root.layers, signal));
  const { clampMtime } = root;
  // What records the times of files must know that they will change: Python's compiled code names its source's, and would be stale.
  const epoch = clampMtime === undefined ? [] : [`${EPOCH}${clampMtime}`];
  const asked = [...step.ambientEnv, ...step.env];
  const given = asked.some((pair) => pair.startsWith(EPOCH)) ? asked : [...epoch, ...asked];
  const env = given.some((pair) => pair.startsWith("HOME=")) ? given : [...given, `HOME=${home}`];
  return { args: step.args, env, cwd: step.cwd, user };
}

function outputOf(step: RunStep, context: StepContext) {
  const tail = new OutputTail();
  context.tails.set(step.id, tail);
  return (stream: "stdout" | "stderr", data: Uint8Array): void => {
    tail.push(data);
    context.report({ type: "output", id: step.id, stream, data, time: context.clock() });
  };
}
