import type { Digest } from "../../core/digest.ts";
import type { TransientMount } from "../../core/mount.ts";
import type { ExitStatus, ProcessSpec } from "../../core/process.ts";
import { layersOf, type Outcomes, type PlannedMount, type RunStep, type SecretMount } from "../plan/step.ts";
import type { RunRequest } from "../ports.ts";

/** A mount of a command that failed, as it can be made again. */
export type KeptMount =
  | {
      readonly kind: "layers";
      readonly target: string;
      readonly layers: readonly Digest[];
      readonly path: string;
    }
  | Extract<TransientMount, { readonly kind: "host" | "tmpfs" }>
  | SecretMount
  | { readonly kind: "ssh"; readonly id: string };

/** What is left of a command that failed: enough to enter it. Secrets are named, not kept. */
export interface FailedState {
  /** A snapshot with all that the command did. Whoever is told of it owns it. */
  readonly snapshot: string;
  readonly status: ExitStatus;
  readonly process: ProcessSpec;
  readonly request: Pick<RunRequest, "network" | "insecure" | "extraHosts" | "hostname"> & {
    readonly files: RunStep["files"];
  };
  readonly mounts: readonly KeptMount[];
}

/** `prepared`: the mounts as the command saw them. */
export const keptMounts = (
  { mounts }: RunStep,
  outcomes: Outcomes,
  prepared: readonly TransientMount[],
): readonly KeptMount[] =>
  mounts.flatMap((mount): readonly KeptMount[] => {
    if (mount.kind === "secret") return [mount];
    if (mount.kind === "ssh") return [{ kind: "ssh", id: mount.id }];
    const shown = prepared.find(({ target }) => target === mount.target);
    return shown === undefined ? [] : [keptMount(mount, outcomes, shown)];
  });

function keptMount(mount: PlannedMount, outcomes: Outcomes, shown: TransientMount): KeptMount {
  if (shown.kind !== "rootfs") return shown;
  const from = mount.kind === "bind" ? mount.from.step : undefined;
  return { kind: "layers", target: shown.target, layers: layersOf(outcomes, from), path: shown.path };
}
