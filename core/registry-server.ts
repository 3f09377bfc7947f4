import { Failure } from "./errors.ts";

const HUB = "docker.io";
/** What users write for Docker Hub. */
const HUB_NAMES = new Set(["", HUB, "index.docker.io", "registry-1.docker.io"]);
/** How docker has called its own registry since the first version of the protocol. */
const HUB_SERVER = "https://index.docker.io/v1/";
const SERVER = /^(?:[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?|\[[0-9A-Fa-f:]+\])(?::\d+)?$/;

/** The host of what users write: "https://host/v2/" is "host". Throws OPTION_INVALID. */
export function domainOfServer(server = ""): string {
  const host = server.replace(/^https?:\/\//, "").split("/", 1)[0] ?? "";
  if (HUB_NAMES.has(host)) return HUB;
  if (!SERVER.test(host))
    throw new Failure("OPTION_INVALID", { option: "the server", got: server, want: "host or host:port" });
  return host;
}

/** The key of a registry in config.json, with helpers and in the Engine API. */
export const serverOf = (domain: string): string => (domain === HUB ? HUB_SERVER : domain);
