import { once } from "node:events";
import { status } from "@grpc/grpc-js";
import type { CredentialSource } from "../../core/registry-credentials.ts";
import type { SecretSource, SshSource } from "../../engine/api.ts";
import * as messages from "../../wire/buildkit/session.ts";
import { type Rpc, talking, unary } from "../../wire/grpc/service.ts";
import { RpcError } from "../../wire/grpc/status.ts";

/** By this host daemons know Docker Hub. */
const HUB = "registry-1.docker.io";
/** Names the agent in the headers of a connection to it. */
const AGENT = "buildkit.ssh.id";

/** moby.buildkit.secrets.v1.Secrets: values are read when they are asked for. */
export const secretsRpcs = (secrets: SecretSource): readonly Rpc[] => [
  unary(
    "GetSecret",
    messages.SECRET_REQUEST,
    messages.SECRET_RESPONSE,
    async ({ request: { id }, signal }) => {
      const data = await secrets.secret(id, { signal });
      if (data === undefined) throw new RpcError(status.NOT_FOUND, `secret ${id} not found`);
      return { data };
    },
  ),
];

/** moby.filesync.v1.Auth: as whom registries are asked. */
export const authRpcs = (credentials: CredentialSource): readonly Rpc[] => [
  unary("Credentials", messages.CREDENTIALS_REQUEST, messages.CREDENTIALS_RESPONSE, async ({ request }) => {
    const found = await credentials.get(request.host === HUB ? "docker.io" : request.host);
    // Without a name it is a token in place of a password.
    if (found?.identityToken !== undefined) return { secret: found.identityToken };
    return { username: found?.username ?? "", secret: found?.password ?? "" };
  }),
];

/** moby.sshforward.v1.SSH: connections to agents. */
export const sshRpcs = (ssh: SshSource): readonly Rpc[] => [
  unary("CheckAgent", messages.CHECK_AGENT_REQUEST, messages.EMPTY, async ({ request, signal }) => {
    const id = request.id || "default";
    if (!(await ssh.has(id, { signal }))) throw new RpcError(status.NOT_FOUND, `no ssh agent ${id}`);
    return {};
  }),
  talking("ForwardAgent", messages.BYTES, messages.BYTES, async (talk) => {
    const [id = "default"] = talk.headers(AGENT);
    const agent = await ssh.connect(id, talk);
    const towards = (async () => {
      for await (const { data } of talk.messages) if (!agent.write(data)) await once(agent, "drain");
      agent.end();
    })();
    towards.catch(() => agent.destroy());
    try {
      for await (const data of agent) await talk.send({ data });
    } finally {
      agent.destroy();
    }
  }),
];
