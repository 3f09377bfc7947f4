import { isIPv6 } from "node:net";
import { Failure } from "../../core/errors.ts";
import type { RegistryAddress } from "./api.ts";

interface Listener {
  listen(address: {
    readonly host?: string;
    readonly port: number;
  }): Promise<{ readonly address: string; readonly port: number }>;
}

/** Resolves with the address in the form of --addr. Rejects with PORT_TAKEN. */
export async function listen(server: Listener, { host, port }: RegistryAddress): Promise<string> {
  const format = (name: string, number: number): string => `${isIPv6(name) ? `[${name}]` : name}:${number}`;
  try {
    const bound = await server.listen({ port, ...(host === undefined ? {} : { host }) });
    return format(bound.address, bound.port);
  } catch (cause) {
    const { code = "" } = cause as NodeJS.ErrnoException;
    const why = { EADDRINUSE: "address already in use", EACCES: "permission denied" }[code];
    if (why === undefined) throw cause;
    throw new Failure("PORT_TAKEN", { binding: format(host ?? "", port), why }, { cause });
  }
}
