import { z } from "zod";
import { Failure } from "../../core/errors.ts";
import type { CredentialSource } from "../../core/registry-credentials.ts";
import { AUTH_CONFIG, credentialsOf } from "./registry-auth.ts";

const CONFIG = z.record(z.string(), AUTH_CONFIG);

/** How docker has called its own registry since the first version of the protocol. */
const HUB = "https://index.docker.io/v1/";

/** What a build's X-Registry-Config header says: credentials by registry, as base64url of JSON. Throws REQUEST_INVALID. */
export function readRegistryConfig(header: string | readonly string[] | undefined): CredentialSource {
  const text = typeof header === "string" ? header : (header?.[0] ?? "");
  const parsed = CONFIG.safeParse(text === "" ? {} : decode(text));
  if (!parsed.success) throw new Failure("REQUEST_INVALID", { why: "invalid X-Registry-Config header" });
  const byHost = new Map(Object.entries(parsed.data).map(([server, auth]) => [hostOf(server), auth]));
  return {
    get: async (domain) => {
      const auth = byHost.get(domain === "docker.io" ? hostOf(HUB) : domain);
      return auth === undefined ? undefined : credentialsOf(auth);
    },
  };
}

function decode(text: string): unknown {
  try {
    return JSON.parse(Buffer.from(text, "base64url").toString("utf8"));
  } catch {
    return undefined;
  }
}

const hostOf = (server: string): string => server.replace(/^https?:\/\//, "").split("/", 1)[0] ?? "";
