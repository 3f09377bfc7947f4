import type { Duplex } from "node:stream";
import { Server, ServerCredentials } from "@grpc/grpc-js";
import { MAX_MESSAGE } from "../../wire/grpc/framing.ts";
import { service } from "../../wire/grpc/service.ts";
import { DEBUGGER } from "../../wire/slipway/debug.ts";
import { debuggerRpcs } from "../own/debugger-service.ts";
import { BRIDGE, bridgeRpcs } from "./bridge-service.ts";
import { CONTROL, controlRpcs } from "./control-service.ts";
import { HEALTH, healthRpcs } from "./health-service.ts";
import type { SolveParts } from "./solve.ts";

const OPTIONS = {
  "grpc.max_receive_message_length": MAX_MESSAGE,
  "grpc.max_send_message_length": MAX_MESSAGE,
  "grpc.max_concurrent_streams": 100,
} as const;

/** BuildKit's services and our own, on connections that somebody else accepted. */
export class GrpcServer {
  readonly #server = new Server(OPTIONS);
  readonly #injector = this.#server.createConnectionInjector(ServerCredentials.createInsecure());

  constructor(parts: SolveParts) {
    const services = [
      service(CONTROL, controlRpcs(parts)),
      service(BRIDGE, bridgeRpcs(parts)),
      service(HEALTH, healthRpcs()),
      service(DEBUGGER, debuggerRpcs({ ...parts.engine, ...parts })),
    ];
    for (const { definition, implementation } of services)
      this.#server.addService(definition, implementation);
  }

  /** Serves a connection until it ends. */
  serve(socket: Duplex): void {
    this.#injector.injectConnection(socket);
  }
}
