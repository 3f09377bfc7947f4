import { status } from "@grpc/grpc-js";
import type { SecretSource } from "../../engine/api.ts";
import { SECRET_REQUEST, SECRET_RESPONSE } from "../../wire/buildkit/session.ts";
import { RpcError } from "../../wire/grpc/status.ts";
import type { Session } from "./sessions.ts";

const METHOD = "/moby.buildkit.secrets.v1.Secrets/GetSecret";

/** Secrets that the client keeps: asked for when a command needs them. */
export const sessionSecrets = ({ channel, serves }: Session): SecretSource => ({
  async secret(id, options = {}) {
    if (!serves(METHOD)) return undefined;
    try {
      const types = { request: SECRET_REQUEST, response: SECRET_RESPONSE };
      return (await channel.call(METHOD, types, { id }, options)).data;
    } catch (error) {
      if (error instanceof RpcError && error.code === status.NOT_FOUND) return undefined;
      throw error;
    }
  },
});
