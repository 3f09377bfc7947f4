import * as z from "zod";
import type { CredentialSource } from "../../core/registry-credentials.ts";
import { readAuthHeader } from "./auth-header.ts";
import { AUTH_CONFIG, credentialsOf } from "./registry-auth.ts";

const CONFIG = z.record(z.string(), AUTH_CONFIG);

/** How docker has called its own registry since the first version of the protocol. */
const HUB = "https://index.docker.io/v1/";

/** What a build's X-Registry-Config header says: credentials by registry, as base64url of JSON. Throws REQUEST_INVALID. */
export function readRegistryConfig(header: string | readonly string[] | undefined): CredentialSource {
  const config = readAuthHeader(CONFIG, header, "X-Registry-Config") ?? {};
  const byHost = new Map(Object.entries(config).map(([server, auth]) => [hostOf(server), auth]));
  return {
    get: async (domain) => {
      const auth = byHost.get(domain === "docker.io" ? hostOf(HUB) : domain);
      return auth === undefined ? undefined : credentialsOf(auth);
    },
  };
}

const hostOf = (server: string): string => server.replace(/^https?:\/\//, "").split("/", 1)[0] ?? "";
