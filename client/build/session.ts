import { randomUUID } from "node:crypto";
import { Server, ServerCredentials } from "@grpc/grpc-js";
import { aboveTls } from "../../core/above-tls.ts";
import { MAX_MESSAGE } from "../../wire/grpc/framing.ts";
import * as proto from "../../wire/grpc/message.ts";
import { type Rpc, service, unary } from "../../wire/grpc/service.ts";
import type { Transport } from "../http/transport.ts";

/** What is lent to a build: services by their names. */
export type LentServices = Readonly<Record<string, readonly Rpc[]>>;

export interface LentSession extends Disposable {
  readonly id: string;
}

const OPTIONS = {
  "grpc.max_receive_message_length": MAX_MESSAGE,
  "grpc.max_send_message_length": MAX_MESSAGE,
} as const;
const HEALTH = "grpc.health.v1.Health";
const SERVING = 1;
const HEALTH_RESPONSE = proto.message({ status: proto.count(1, proto.int32) });
/** Daemons give up clients that do not answer. https://github.com/grpc/grpc/blob/master/doc/health-checking.md */
const HEALTH_RPCS = [
  unary("Check", proto.message({ service: proto.text(1) }), HEALTH_RESPONSE, async () => ({
    status: SERVING,
  })),
];

/** Serves the daemon on a connection of its own until disposed. https://github.com/moby/buildkit/blob/master/session/session.go */
export async function openSession(transport: Transport, lent: LentServices): Promise<LentSession> {
  const services = Object.entries({ ...lent, [HEALTH]: HEALTH_RPCS });
  const server = new Server(OPTIONS);
  for (const [name, rpcs] of services) {
    const { definition, implementation } = service(name, rpcs);
    server.addService(definition, implementation);
  }
  const id = randomUUID();
  const headers = {
    "x-docker-expose-session-uuid": id,
    "x-docker-expose-session-grpc-method": services.flatMap(([name, rpcs]) =>
      rpcs.map((rpc) => `/${name}/${rpc.name}`),
    ),
  };
  const socket = aboveTls(await transport.hijack({ method: "POST", path: "/session", headers }, "h2c"));
  server.createConnectionInjector(ServerCredentials.createInsecure()).injectConnection(socket);
  return {
    id,
    [Symbol.dispose]: () => {
      server.forceShutdown();
      socket.destroy();
    },
  };
}
