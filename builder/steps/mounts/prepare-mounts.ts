import type { TransientMount } from "../../../core/mount.ts";
import { Undo } from "../../../core/undo.ts";
import type { Outcomes, PlannedMount, RunStep } from "../../plan/step.ts";
import type { RunFile } from "../../ports.ts";
import type { StepContext } from "../step-context.ts";
import { prepareBind } from "./bind.ts";
import { cacheNameOf, prepareCache } from "./cache.ts";
import type { GivenSecret } from "./leaked-secrets.ts";
import { prepareSecret } from "./secret.ts";
import { prepareSsh } from "./ssh.ts";

/** What a mount gives to a command. */
export interface Prepared {
  readonly mounts?: readonly TransientMount[];
  readonly files?: readonly RunFile[];
  /** NAME=value. */
  readonly env?: readonly string[];
  readonly secrets?: readonly GivenSecret[];
}

/** What mounts are prepared with. */
export interface Preparing {
  readonly step: RunStep;
  readonly outcomes: Outcomes;
  readonly context: StepContext;
  readonly signal: AbortSignal;
  /** What is to be done when the command has ended. */
  readonly undo: Undo;
}

type Preparer<K extends PlannedMount["kind"]> = (
  mount: Extract<PlannedMount, { readonly kind: K }>,
  preparing: Preparing,
) => Promise<Prepared>;

const PREPARERS: { readonly [K in PlannedMount["kind"]]: Preparer<K> } = {
  bind: prepareBind,
  cache: prepareCache,
  tmpfs: async (mount) => ({ mounts: [mount] }),
  secret: prepareSecret,
  ssh: prepareSsh,
};

/** Makes everything ready that the mounts of a step show. Dispose when the command has ended. */
export async function prepareMounts(
  step: RunStep,
  parts: Pick<Preparing, "outcomes" | "context" | "signal">,
): Promise<Required<Prepared> & AsyncDisposable> {
  const undo = new Undo();
  try {
    const prepared: Prepared[] = [];
    for (const mount of inOrderOfLocks(step, parts.outcomes))
      prepared.push(await prepareOne(mount, { ...parts, step, undo }));
    return {
      mounts: prepared
        .flatMap(({ mounts = [] }) => mounts)
        .toSorted((a, b) => (a.target < b.target ? -1 : a.target > b.target ? 1 : 0)),
      files: prepared.flatMap(({ files = [] }) => files),
      env: prepared.flatMap(({ env = [] }) => env),
      secrets: prepared.flatMap(({ secrets = [] }) => secrets),
      [Symbol.asyncDispose]: () => undo[Symbol.asyncDispose](),
    };
  } catch (error) {
    await undo[Symbol.asyncDispose]();
    throw error;
  }
}

const prepareOne = <K extends PlannedMount["kind"]>(
  mount: Extract<PlannedMount, { readonly kind: K }>,
  preparing: Preparing,
): Promise<Prepared> => (PREPARERS[mount.kind as K] as Preparer<K>)(mount, preparing);

/** Caches may have to be waited for: two steps that want the same ones must not wait for each other. */
function inOrderOfLocks({ mounts }: RunStep, outcomes: Outcomes): readonly PlannedMount[] {
  const nameOf = (mount: PlannedMount): string =>
    mount.kind === "cache" ? cacheNameOf(mount, outcomes) : "";
  const named = mounts.map((mount) => ({ mount, name: nameOf(mount) }));
  return named.toSorted((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0)).map(({ mount }) => mount);
}
