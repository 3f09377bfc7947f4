import type { IncomingHttpHeaders } from "node:http";
import * as z from "zod";
import type { Credentials } from "../../engine/api.ts";
import { readAuthHeader } from "./auth-header.ts";

const text = z
  .string()
  .nullish()
  .transform((value) => value ?? "");

/** Docker Engine API 1.51 "AuthConfig". */
export const AUTH_CONFIG = z.object({
  username: text,
  password: text,
  /** "user:password" in base64. */
  auth: text,
  serveraddress: text,
  identitytoken: text,
  registrytoken: text,
});

/** The credentials in a request's X-Registry-Auth; {} when there are none: the daemon's own are nobody else's. Throws REQUEST_INVALID. */
export function readRegistryAuth(headers: IncomingHttpHeaders): Credentials {
  const config = readAuthHeader(AUTH_CONFIG, headers["x-registry-auth"], "X-Registry-Auth");
  return config === undefined ? {} : credentialsOf(config);
}

export function credentialsOf(config: z.output<typeof AUTH_CONFIG>): Credentials {
  const { identitytoken, registrytoken, auth } = config;
  if (registrytoken !== "") return { registryToken: registrytoken };
  if (identitytoken !== "") return { identityToken: identitytoken };
  const [username = "", ...rest] =
    config.username === "" && auth !== ""
      ? Buffer.from(auth, "base64").toString().split(":")
      : [config.username, config.password];
  return username === "" ? {} : { username, password: rest.join(":") };
}
