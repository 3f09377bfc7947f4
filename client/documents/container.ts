import { UNSET_HOST_CONFIG, UNSET_PROCESS_CONFIG } from "../../core/container-defaults.ts";
import { type Digest, parseDigest } from "../../core/digest.ts";
import type { Document } from "../../core/document.ts";
import type { ContainerInfo, HostConfig, ProcessConfig } from "../../engine/api.ts";
import { child, children, filled, flag, isDocument, number, text, texts } from "../http/fields.ts";

type State = ContainerInfo["state"];
type Endpoint = ContainerInfo["endpoints"][number];
type Port = Endpoint["ports"][number];

/** What a field is where an engine leaves it out, or writes null. */
const ZERO_PROCESS_CONFIG: ProcessConfig = {
  ...UNSET_PROCESS_CONFIG,
  Cmd: [],
  Entrypoint: [],
  ExposedPorts: {},
  Volumes: {},
};
const ZERO_HOST_CONFIG: HostConfig = UNSET_HOST_CONFIG;

/** Go's zero time begins so. */
const NEVER = "0001-";

/** A container as Docker Engine API 1.51 "ContainerInspectResponse" tells of it. */
export function readContainer(document: Document): ContainerInfo {
  const settings = child(document, "NetworkSettings");
  return {
    id: text(document, "Id"),
    name: text(document, "Name").replace(/^\//, ""),
    createdAt: text(document, "Created"),
    imageId: readDigest(document, "Image"),
    path: text(document, "Path"),
    args: texts(document, "Args"),
    config: filled(ZERO_PROCESS_CONFIG, child(document, "Config")),
    hostConfig: filled(ZERO_HOST_CONFIG, child(document, "HostConfig")),
    mounts: children(document, "Mounts").map(readMount),
    endpoints: withPorts(readEndpoints(child(settings, "Networks")), readPorts(child(settings, "Ports"))),
    state: readState(child(document, "State"), number(document, "RestartCount")),
  };
}

export const readDigest = (document: Document, name: string): Digest => parseDigest(text(document, name));

function readState(state: Document, restartCount: number): State {
  const [startedAt, finishedAt] = [text(state, "StartedAt"), text(state, "FinishedAt")];
  const health = child(state, "Health");
  const status = text(health, "Status");
  return {
    status: text(state, "Status") as State["status"],
    pid: number(state, "Pid"),
    exitCode: number(state, "ExitCode"),
    error: text(state, "Error"),
    oomKilled: flag(state, "OOMKilled"),
    restartCount,
    ...(startedAt === "" || startedAt.startsWith(NEVER) ? {} : { startedAt }),
    ...(finishedAt === "" || finishedAt.startsWith(NEVER) ? {} : { finishedAt }),
    ...(status === "" || status === "none" ? {} : { health: readHealth(health) }),
  };
}

const readHealth = (health: Document): NonNullable<State["health"]> => ({
  status: text(health, "Status") as NonNullable<State["health"]>["status"],
  streak: number(health, "FailingStreak"),
  log: children(health, "Log").map((probe) => ({
    start: text(probe, "Start"),
    end: text(probe, "End"),
    code: number(probe, "ExitCode"),
    output: text(probe, "Output"),
  })),
});

function readMount(mount: Document): ContainerInfo["mounts"][number] {
  const name = text(mount, "Name");
  return {
    type: text(mount, "Type") as ContainerInfo["mounts"][number]["type"],
    ...(name === "" ? {} : { name }),
    source: text(mount, "Source"),
    destination: text(mount, "Destination"),
    mode: text(mount, "Mode"),
    rw: flag(mount, "RW"),
    propagation: text(mount, "Propagation"),
  };
}

const readEndpoints = (networks: Document): readonly Endpoint[] =>
  Object.entries(networks).flatMap(([network, settings]) =>
    isDocument(settings) ? [readEndpoint(network, settings)] : [],
  );

function readEndpoint(network: string, settings: Document): Endpoint {
  const ipam = child(settings, "IPAMConfig");
  const [wished, wished6] = [text(ipam, "IPv4Address"), text(ipam, "IPv6Address")];
  const address6 = text(settings, "GlobalIPv6Address");
  return {
    network,
    networkId: text(settings, "NetworkID"),
    // What the API does not tell of an endpoint.
    driver: "",
    link: "",
    endpointId: text(settings, "EndpointID"),
    config: {
      aliases: texts(settings, "Aliases"),
      links: texts(settings, "Links"),
      gatewayPriority: number(settings, "GwPriority"),
      ...(wished === "" ? {} : { address: wished }),
      ...(wished6 === "" ? {} : { address6: wished6 }),
    },
    address: text(settings, "IPAddress"),
    prefixLength: number(settings, "IPPrefixLen"),
    gateway: text(settings, "Gateway"),
    ...(address6 === "" ? {} : { ipv6: readIpv6(settings, address6) }),
    mac: text(settings, "MacAddress"),
    ports: [],
  };
}

const readIpv6 = (settings: Document, address: string): NonNullable<Endpoint["ipv6"]> => ({
  address,
  prefixLength: number(settings, "GlobalIPv6PrefixLen"),
  gateway: text(settings, "IPv6Gateway"),
});

/** The API does not say by which of its networks a container is published. */
const withPorts = ([first, ...others]: readonly Endpoint[], ports: readonly Port[]): readonly Endpoint[] =>
  first === undefined ? [] : [{ ...first, ports }, ...others];

function readPorts(ports: Document): readonly Port[] {
  return Object.keys(ports).flatMap((key) => {
    const [port, protocol = "tcp"] = key.split("/");
    return children(ports, key).map((binding) => ({
      protocol: protocol as Port["protocol"],
      containerPort: Number(port),
      hostAddress: text(binding, "HostIp"),
      hostPort: Number(text(binding, "HostPort")),
    }));
  });
}
