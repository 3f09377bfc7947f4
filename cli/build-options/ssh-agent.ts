import { readFile } from "node:fs/promises";
import type { Duplex } from "node:stream";
import ssh2, { type ParsedKey } from "ssh2";
import type { Failure } from "../../core/errors.ts";

type Hash = "sha1" | "sha256" | "sha512";

/** What builds may ask of an agent: which keys there are, and signatures. */
export interface Agent {
  identities(): Promise<readonly ParsedKey[]>;
  sign(key: ParsedKey, data: Buffer, hash: Hash | undefined): Promise<Buffer>;
}

const isParsed = (key: object): key is ParsedKey => "getPublicSSH" in key;

/** The agent that listens at a socket. */
export function agentAt(path: string): Agent {
  const agent = new ssh2.OpenSSHAgent(path);
  return {
    identities: () =>
      new Promise((resolve, reject) =>
        agent.getIdentities((error, keys) =>
          error ? reject(error) : resolve((keys ?? []).filter(isParsed)),
        ),
      ),
    sign: (key, data, hash) =>
      new Promise((resolve, reject) =>
        agent.sign(key, data, hash === undefined ? {} : { hash }, (error, signature) =>
          signature === undefined ? reject(error ?? new Error("no signature")) : resolve(signature),
        ),
      ),
  };
}

/** An agent that holds the keys of these files; `invalid` makes the error for one that is no key, or is encrypted. */
export async function agentOf(paths: readonly string[], invalid: (want: string) => Failure): Promise<Agent> {
  const keys = await Promise.all(
    paths.map(async (path) => {
      const parsed: unknown = ssh2.utils.parseKey(await readFile(path));
      const key = (Array.isArray(parsed) ? parsed[0] : parsed) as ParsedKey | Error;
      if (key instanceof Error || !key.isPrivateKey())
        throw invalid(`${path} to be a private key without a passphrase`);
      return key;
    }),
  );
  const own = (wanted: ParsedKey): ParsedKey | undefined =>
    keys.find((key) => key.getPublicSSH().equals(wanted.getPublicSSH()));
  return {
    identities: async () => keys,
    sign: async (wanted, data, hash) => {
      const signature = own(wanted)?.sign(data, hash);
      if (Buffer.isBuffer(signature)) return signature;
      throw signature ?? new Error("the agent has no such key");
    },
  };
}

/** A connection to an agent, as a program speaks to it. */
export function serve(agent: Agent): Duplex {
  const protocol = new ssh2.AgentProtocol(false);
  protocol.on("identities", (request) => {
    agent.identities().then(
      (keys) => protocol.getIdentitiesReply(request, [...keys]),
      () => protocol.failureReply(request),
    );
  });
  protocol.on("sign", (request, key, data, { hash }) => {
    agent.sign(key as ParsedKey, data, hash).then(
      (signature) => protocol.signReply(request, signature),
      () => protocol.failureReply(request),
    );
  });
  return protocol;
}
