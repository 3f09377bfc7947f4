import { formatEngineAddress } from "../core/engine-address.ts";
import { Failure } from "../core/errors.ts";
import type { Engine } from "../engine/api.ts";
import { OWN_API } from "../wire/slipway/build-attrs.ts";
import { parseAddress } from "./address.ts";
import type { LoadBuildTools } from "./build/tools.ts";
import { RemoteBuildDebugger } from "./build-debugger.ts";
import { RemoteBuildHistory } from "./build-history.ts";
import { RemoteBuilds } from "./builds.ts";
import { RemoteContainers } from "./containers.ts";
import type { CredentialKeeper } from "./credentials.ts";
import { RemoteDistribution } from "./distribution.ts";
import { RemoteEvents } from "./events.ts";
import { RemoteExecs } from "./execs.ts";
import { Transport } from "./http/transport.ts";
import { RemoteImages } from "./images.ts";
import { RemoteNetworks } from "./networks.ts";
import { RemoteRegistry } from "./registry.ts";
import { RemoteSystem } from "./system.ts";
import { readTls, type TlsFiles } from "./tls.ts";
import { RemoteVolumes } from "./volumes.ts";

/** The minor numbers of the versions of the API that are spoken here: all are 1.x. */
const API = { min: 41, max: 51 } as const;

export interface RemoteSettings {
  /** As DOCKER_HOST has it. */
  readonly host: string;
  /** Where TLS is asked for; a unix socket needs none. */
  readonly tls?: TlsFiles & { readonly verify: boolean };
  readonly credentials: CredentialKeeper;
  readonly buildTools: LoadBuildTools;
}

/**
 * Reaches the engine of a daemon, Slipway's or Docker's, in the newest version of the Docker Engine API that both speak. The caller disposes it.
 * Rejects with DAEMON_UNREACHABLE, DAEMON_TOO_OLD, OPTION_INVALID, TLS_FILE_INVALID.
 */
export async function connectEngine({
  credentials,
  buildTools: tools,
  ...settings
}: RemoteSettings): Promise<Engine> {
  const transport = openTransport(settings);
  await negotiate(transport);
  const execs = new RemoteExecs(transport);
  const images = new RemoteImages(transport, credentials);
  return {
    images,
    containers: new RemoteContainers(transport, execs),
    execs,
    builds: new RemoteBuilds({ transport, credentials, images, tools }),
    buildHistory: new RemoteBuildHistory(transport),
    buildDebugger: new RemoteBuildDebugger(transport),
    volumes: new RemoteVolumes(transport),
    networks: new RemoteNetworks(transport),
    distribution: new RemoteDistribution(transport, credentials),
    events: new RemoteEvents(transport),
    system: new RemoteSystem(transport),
    registry: new RemoteRegistry(transport),
    [Symbol.asyncDispose]: async () => transport[Symbol.dispose](),
  };
}

function openTransport({ host, tls }: Pick<RemoteSettings, "host" | "tls">): Transport {
  const address = parseAddress(host, tls !== undefined);
  if (address.kind !== "tcp") return new Transport(address);
  if (tls !== undefined) return new Transport(address, { ...readTls(tls), verify: tls.verify });
  return address.secure ? new Transport(address, { verify: true }) : new Transport(address);
}

async function negotiate(transport: Transport): Promise<void> {
  const { headers, body } = await transport.send({ method: "GET", path: "/_ping" });
  for await (const _ of transport.bytes(body));
  const told = String(headers["api-version"] ?? "");
  const [, minor] = /^1\.(\d{1,4})$/.exec(told) ?? [];
  if (minor === undefined)
    throw new Failure("DAEMON_ANSWER_INVALID", { why: "it does not say which version of the API it speaks" });
  if (Number(minor) < API.min) {
    const min = `1.${API.min}`;
    throw new Failure("DAEMON_TOO_OLD", { address: formatEngineAddress(transport.address), has: told, min });
  }
  transport.isOwn = headers[OWN_API.header] === String(OWN_API.version);
  transport.begin += `/v1.${Math.min(Number(minor), API.max)}`;
}
