import type { ContainerRecord, ContainerState, EndpointRecord } from "../container-config.ts";
import type { NetworkRecord } from "../network/driver.ts";
import type { Networks } from "../network/networks.ts";
import { NO_ADDRESS } from "../network/no-address.ts";
import { containerArgs } from "../spec/process.ts";
import type { Connections } from "./connections.ts";
import type { RunningState, StoredContainer } from "./stored-container.ts";

/** A container as the layers above see it; `frozen` when its processes are. */
export function toRecord(container: StoredContainer, frozen: boolean, networks: Networks): ContainerRecord {
  const { id, name, createdAt, imageId, layers, config, hostConfig, mounts, connections, state } = container;
  const [path, ...args] = containerArgs(config);
  return {
    id,
    name,
    createdAt,
    imageId,
    layers,
    path,
    args,
    config,
    hostConfig,
    mounts,
    endpoints: state.phase === "running" ? state.endpoints : unconnected(connections, networks.list()),
    state: toState(state, frozen),
  };
}

function toState(state: StoredContainer["state"], frozen: boolean): ContainerState {
  const none = { pid: 0, exitCode: 0, error: "", oomKilled: false, restartCount: 0 };
  if (state.phase === "running") return runningState(state, frozen);
  if (state.phase === "created")
    return { ...none, status: "created", exitCode: state.exitCode ?? 0, error: state.error ?? "" };
  const { exitCode, error, oomKilled, startedAt, finishedAt, restarts: restartCount = 0, health } = state;
  return {
    pid: 0,
    status: "exited",
    exitCode,
    error,
    oomKilled,
    startedAt,
    finishedAt,
    restartCount,
    ...(health === undefined ? {} : { health }),
  };
}

function runningState(state: RunningState, frozen: boolean): ContainerState {
  const { pid, startedAt, restarts: restartCount = 0, waiting, health } = state;
  const common = { startedAt, restartCount, error: "", ...(health === undefined ? {} : { health }) };
  if (waiting === undefined)
    return { ...common, status: frozen ? "paused" : "running", pid, exitCode: 0, oomKilled: false };
  const { code: exitCode, oom: oomKilled, finishedAt } = waiting;
  return { ...common, status: "restarting", pid: 0, exitCode, oomKilled, finishedAt };
}

/** A container that does not run is still listed with its networks, without an address in them. */
const unconnected = (
  connections: Connections,
  networks: readonly NetworkRecord[],
): readonly EndpointRecord[] =>
  Object.entries(connections).map(([name, config]) => {
    const network = networks.find((each) => each.name === name);
    return {
      network: name,
      networkId: network?.id ?? "",
      driver: network?.driver ?? "",
      endpointId: "",
      config,
      ...NO_ADDRESS,
    };
  });
