import { z } from "zod";
import { Failure } from "../../core/errors.ts";
import type { CredentialSource, Credentials } from "../../core/registry-credentials.ts";

/** Docker Engine API 1.51 "AuthConfig". */
const AUTH = z.object({
  username: z.string().optional(),
  password: z.string().optional(),
  auth: z.string().optional(),
  identitytoken: z.string().optional(),
  registrytoken: z.string().optional(),
});
const CONFIG = z.record(z.string(), AUTH);
type Auth = z.output<typeof AUTH>;

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

function credentialsOf({ identitytoken, registrytoken, auth, ...plain }: Auth): Credentials | undefined {
  if (identitytoken) return { identityToken: identitytoken };
  if (registrytoken) return { registryToken: registrytoken };
  const decoded = Buffer.from(auth ?? "", "base64").toString();
  const colon = decoded.indexOf(":");
  const username = colon < 0 ? plain.username : decoded.slice(0, colon);
  const password = colon < 0 ? plain.password : decoded.slice(colon + 1);
  return username ? { username, password: password ?? "" } : undefined;
}
