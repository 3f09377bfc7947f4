import type { Kernel } from "../../native/kernel.ts";
import type { Store } from "../../store/types.ts";
import type { ControlGroups } from "../cgroups/control-groups.ts";
import type { EventSink } from "../events.ts";
import type { Launcher } from "../launch/launcher.ts";
import type { translateNames } from "../network/firewall.ts";
import type { Networks } from "../network/networks.ts";
import type { SeccompResolver } from "../seccomp/resolve.ts";
import type { HostFacts } from "../spec/compile.ts";
import type { Volumes } from "../volumes/volumes.ts";

/** What containers are made of. */
export interface ContainerParts {
  readonly store: Store;
  readonly kernel: Pick<Kernel, "openPidfd" | "signalPidfd">;
  readonly launcher: Launcher;
  readonly cgroups: ControlGroups;
  readonly networks: Networks;
  /** Leads a container's questions for names to where its resolver listens; see runtime/network/firewall.ts. */
  readonly translateNames: typeof translateNames;
  readonly volumes: Volumes;
  readonly host: HostFacts;
  readonly seccompFor: (securityOptions: readonly string[]) => Promise<SeccompResolver>;
  readonly record: EventSink;
  /** With what a container ended that is no more, as far as the history of events knows it still. */
  readonly exitCodeOf: (id: string) => number | undefined;
}
