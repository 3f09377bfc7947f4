import type { CredentialSource } from "../../core/registry-credentials.ts";
import { CREDENTIALS_REQUEST, CREDENTIALS_RESPONSE } from "../../wire/buildkit/session.ts";
import type { Session } from "./sessions.ts";

const METHOD = "/moby.filesync.v1.Auth/Credentials";
/** By this host clients know Docker Hub. */
const HUB = "registry-1.docker.io";

/** Credentials that the client has, asked for when a registry wants them. */
export const sessionCredentials = ({ channel, serves }: Session, signal: AbortSignal): CredentialSource => ({
  async get(domain) {
    if (!serves(METHOD)) return undefined;
    const types = { request: CREDENTIALS_REQUEST, response: CREDENTIALS_RESPONSE };
    const host = domain === "docker.io" ? HUB : domain;
    const { username, secret } = await channel.call(METHOD, types, { host }, { signal });
    if (secret === "") return undefined;
    // Without a name it is a token in place of a password.
    return username === "" ? { identityToken: secret } : { username, password: secret };
  },
});
