import type { IncomingHttpHeaders } from "node:http";
import { z } from "zod";
import { Failure } from "../../core/errors.ts";
import type { Credentials } from "../../engine/api.ts";
import { check } from "../http/check.ts";

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

const HEADER = "x-registry-auth";
/** Tokens of large organisations have some kilobytes. */
const LIMIT = 32 << 10;

/** The credentials in a request's X-Registry-Auth; {} when there are none: the daemon's own are nobody else's. Throws REQUEST_INVALID. */
export function readRegistryAuth(headers: IncomingHttpHeaders): Credentials {
  const given = headers[HEADER];
  if (typeof given !== "string" || given === "") return {};
  return credentialsOf(check(AUTH_CONFIG, decode(given), "X-Registry-Auth header"));
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

function decode(header: string): unknown {
  const why = "invalid X-Registry-Auth header: must be a valid base64url-encoded JSON object";
  if (header.length > LIMIT) throw new Failure("REQUEST_INVALID", { why });
  try {
    return JSON.parse(Buffer.from(header, "base64url").toString("utf8"));
  } catch (cause) {
    throw new Failure("REQUEST_INVALID", { why }, { cause });
  }
}
