import { readFileSync } from "node:fs";
import { ifThere } from "../../core/if-there.ts";
import { parseResolvConf, type ResolvConf } from "./files.ts";

const read = (path: string): ResolvConf | undefined =>
  ifThere(() => parseResolvConf(readFileSync(path, "utf8")));

/** The resolvers of this host. systemd-resolved's stub is of no use elsewhere: its real servers are in a file beside. */
export function readHostResolvConf(): ResolvConf {
  const host = read("/etc/resolv.conf") ?? parseResolvConf("");
  const stub = host.nameservers.length === 1 && host.nameservers[0] === "127.0.0.53";
  return (stub ? read("/run/systemd/resolve/resolv.conf") : undefined) ?? host;
}
