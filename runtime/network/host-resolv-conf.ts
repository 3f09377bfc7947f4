import { readFileSync } from "node:fs";
import { parseResolvConf, type ResolvConf } from "./files.ts";

function read(path: string): ResolvConf | undefined {
  try {
    return parseResolvConf(readFileSync(path, "utf8"));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

/** The resolvers of this host. systemd-resolved's stub is of no use elsewhere: its real servers are in a file beside. */
export function readHostResolvConf(): ResolvConf {
  const host = read("/etc/resolv.conf") ?? parseResolvConf("");
  const stub = host.nameservers.length === 1 && host.nameservers[0] === "127.0.0.53";
  return (stub ? read("/run/systemd/resolve/resolv.conf") : undefined) ?? host;
}
