import type { Call } from "./call.ts";

export const TOKEN_PATH = "/token";
/** A name or address with or without port: nothing that could end the quotes it stands in. */
const HOST = /^(?:[A-Za-z0-9._-]{1,253}|\[[0-9a-fA-F:.]{2,45}\])(?::\d{1,5})?$/;

/** Where this client gets tokens: the service has the registry's own address, by the name the client knows it by. */
export function tokenUrl(
  { headers, secure }: Pick<Call, "headers" | "secure">,
  externalUrl?: string,
): string {
  if (externalUrl !== undefined) return `${externalUrl.replace(/\/+$/, "")}${TOKEN_PATH}`;
  const { host = "" } = headers;
  return `${secure ? "https" : "http"}://${HOST.test(host) ? host : "localhost"}${TOKEN_PATH}`;
}
