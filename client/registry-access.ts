import { Failure } from "../core/errors.ts";
import type { RegistryAccessService, RegistryRule, RegistryToken, RegistryUser } from "../engine/api.ts";
import { readRule, readToken, readUser } from "./documents/registry.ts";
import { flag, text } from "./http/fields.ts";
import type { Transport } from "./http/transport.ts";

const REGISTRY = "/slipway/v1/registry";
const [USERS, RULES, TOKENS] = [`${REGISTRY}/users`, `${REGISTRY}/rules`, `${REGISTRY}/tokens`] as const;

/** Who may use the registry of Slipway's daemon. */
export class RemoteRegistryAccess implements RegistryAccessService {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  async addUser({ name, ...json }: Parameters<RegistryAccessService["addUser"]>[0]): Promise<boolean> {
    const asked = { method: "POST", path: USERS, query: { name }, json } as const;
    return flag(await this.#transport.document(asked), "isNew");
  }

  removeUser(name: string): Promise<void> {
    return this.#transport.done({ method: "DELETE", path: USERS, query: { name } });
  }

  async users(): Promise<readonly RegistryUser[]> {
    return (await this.#transport.documents({ method: "GET", path: USERS })).map(readUser);
  }

  allow({ users: user, ...json }: RegistryRule): Promise<void> {
    return this.#transport.done({ method: "POST", path: RULES, query: { user }, json });
  }

  disallow(user: string, repository: readonly string[] = []): Promise<void> {
    return this.#transport.done({ method: "DELETE", path: RULES, query: { user, repository } });
  }

  async rules(): Promise<readonly RegistryRule[]> {
    return (await this.#transport.documents({ method: "GET", path: RULES })).map(readRule);
  }

  async createToken({ name, ...json }: Parameters<RegistryAccessService["createToken"]>[0]): Promise<string> {
    const asked = { method: "POST", path: TOKENS, query: { name }, json } as const;
    const secret = text(await this.#transport.document(asked), "secret");
    if (secret === "") throw new Failure("DAEMON_ANSWER_INVALID", { why: "it told no password" });
    return secret;
  }

  revokeToken(name: string): Promise<void> {
    return this.#transport.done({ method: "DELETE", path: TOKENS, query: { name } });
  }

  async tokens(): Promise<readonly RegistryToken[]> {
    return (await this.#transport.documents({ method: "GET", path: TOKENS })).map(readToken);
  }
}
