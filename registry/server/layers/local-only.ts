import { isIPv4 } from "node:net";
import { Failure } from "../../../core/errors.ts";
import type { Layer } from "../call.ts";

/** Without any access control configured, only this machine may use the registry; health is for everybody. */
export const localOnly: Layer = (next) => async (call) => {
  if (call.target.action === "health" || isLoopback(call.remoteAddress)) return next(call);
  throw new Failure("REGISTRY_LOCAL_ONLY", { remote: call.remoteAddress });
};

/** IPv4 clients of a dual-stack socket appear as ::ffff:a.b.c.d. */
export function isLoopback(address: string): boolean {
  const plain = address.replace(/^::ffff:/i, "");
  return plain === "::1" || (isIPv4(plain) && plain.startsWith("127."));
}
