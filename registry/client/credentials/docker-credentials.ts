import { serverOf } from "../../../core/registry-server.ts";
import type { CredentialSource, Credentials } from "../auth/credentials.ts";
import type { Environment } from "../http/proxies.ts";
import { dockerConfigPath, readDockerConfig, type StoredAuth, writeAuth } from "./docker-config.ts";
import { CredentialHelper } from "./helper.ts";

/** The user name by which helpers keep an identity token in place of a password. */
const TOKEN_USER = "<token>";

/** Credentials as docker's client keeps them: in config.json, or with the helpers it names. Read anew at every call. */
export class DockerCredentials implements CredentialSource {
  readonly #env: Environment;
  readonly path: string;

  constructor(env: Environment) {
    this.#env = env;
    this.path = dockerConfigPath(env);
  }

  async get(domain: string): Promise<Credentials | undefined> {
    const server = serverOf(domain);
    const helper = this.#helper(server);
    if (helper !== undefined) {
      const found = await helper.get(server);
      if (found === undefined) return undefined;
      const { username, secret } = found;
      return username === TOKEN_USER ? { identityToken: secret } : { username, password: secret };
    }
    const { auths } = readDockerConfig(this.path);
    const key = findKey(auths, server);
    return key === undefined ? undefined : credentialsOf(auths[key] ?? {});
  }

  /** True when they went to a helper, false when they are in the file as they are. */
  async put(domain: string, credentials: Credentials): Promise<boolean> {
    const server = serverOf(domain);
    const { username = "", password = "", identityToken } = credentials;
    const helper = this.#helper(server);
    if (helper !== undefined) {
      const kept =
        identityToken === undefined
          ? { username, secret: password }
          : { username: TOKEN_USER, secret: identityToken };
      await helper.store(server, kept);
      // As a sign for other programs that there are credentials.
      await writeAuth(this.path, server, {});
      return true;
    }
    const secret = identityToken === undefined ? password : "";
    await writeAuth(this.path, server, {
      auth: Buffer.from(`${username}:${secret}`).toString("base64"),
      ...(identityToken === undefined ? {} : { identitytoken: identityToken }),
    });
    return false;
  }

  /** False when there were none. */
  async remove(domain: string): Promise<boolean> {
    const server = serverOf(domain);
    const key = findKey(readDockerConfig(this.path).auths, server);
    if (key === undefined) return false;
    await this.#helper(server)?.erase(server);
    await writeAuth(this.path, key, undefined);
    return true;
  }

  #helper(server: string): CredentialHelper | undefined {
    const { credHelpers, credsStore } = readDockerConfig(this.path);
    const name = (Object.hasOwn(credHelpers, server) ? credHelpers[server] : undefined) || credsStore;
    return name === undefined ? undefined : new CredentialHelper(name, this.#env);
  }
}

/** An entry may be keyed by a URL of which only the host counts. */
function findKey(auths: Readonly<Record<string, StoredAuth>>, server: string): string | undefined {
  if (Object.hasOwn(auths, server)) return server;
  return Object.keys(auths).find((key) => hostOfKey(key) === server);
}

export const hostOfKey = (key: string): string => key.replace(/^https?:\/\//, "").split("/", 1)[0] ?? "";

function credentialsOf(stored: StoredAuth): Credentials | undefined {
  if (stored.identitytoken !== undefined) return { identityToken: stored.identitytoken };
  if (stored.registrytoken !== undefined) return { registryToken: stored.registrytoken };
  const decoded = Buffer.from(stored.auth ?? "", "base64").toString();
  const colon = decoded.indexOf(":");
  const username = colon < 0 ? stored.username : decoded.slice(0, colon);
  const password = colon < 0 ? stored.password : decoded.slice(colon + 1).replace(/\0+$/, "");
  return username === undefined || username === "" ? undefined : { username, password: password ?? "" };
}
