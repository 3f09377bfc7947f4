import { readFile } from "node:fs/promises";
import { Failure } from "../../core/errors.ts";
import { undefinedIfMissing } from "../../core/if-there.ts";
import type { AccessPaths } from "../../registry/access/access-paths.ts";
import { parseHtpasswd, userNameProblem, withUser } from "../../registry/access/htpasswd.ts";
import { checkPassword, hashPassword } from "../../registry/access/passwords.ts";
import { formatPolicy, parsePolicy, withoutUser, withRule } from "../../registry/access/policy-file.ts";
import type { Rule } from "../../registry/access/rights.ts";
import {
  formatTokens,
  hashSecret,
  newSecret,
  parseTokens,
  type RobotToken,
} from "../../registry/access/robot-tokens.ts";
import { replaceFile } from "../../registry/shared/replace-file.ts";
import type { Locks } from "../../store/types.ts";
import type { RegistryAccessService, RegistryGrant, RegistryRule } from "./access-api.ts";

const LOCK = "registry-access";
/** RFC 3339 has four digits for the year. */
const END_OF_TIME = Date.UTC(10_000);

/** Reads and replaces the files of access control, one change at a time whoever makes it. */
export class RegistryAccess implements RegistryAccessService {
  readonly #paths: AccessPaths;
  readonly #locks: Locks;

  constructor({ paths, locks }: { readonly paths: AccessPaths; readonly locks: Locks }) {
    this.#paths = paths;
    this.#locks = locks;
  }

  async addUser({ name, password, grants }: Parameters<RegistryAccessService["addUser"]>[0]) {
    checkName(name);
    const hash = await hashPassword(checkPassword(password));
    await using _lock = await this.#locks.hold(LOCK);
    if ((await this.#tokens()).some((token) => token.name === name))
      throw new Failure("REGISTRY_NAME_TAKEN", { name, by: "token" });
    const text = await read(this.#paths.htpasswd);
    const isNew = !parseHtpasswd(text, this.#paths.htpasswd).has(name);
    // Rights first: a user without them may do nothing, rights without a user harm nobody.
    await this.#addRules(grants.map((grant) => ({ users: [name], ...grant })));
    await replaceFile(this.#paths.htpasswd, withUser(text, name, hash));
    return isNew;
  }

  async removeUser(user: string) {
    await using _lock = await this.#locks.hold(LOCK);
    const text = await read(this.#paths.htpasswd);
    if (!parseHtpasswd(text, this.#paths.htpasswd).has(user))
      throw new Failure("REGISTRY_USER_UNKNOWN", { user });
    await replaceFile(this.#paths.htpasswd, withUser(text, user, undefined));
    // Whoever gets the name next must not inherit.
    const rules = await this.rules();
    await replaceFile(this.#paths.policy, formatPolicy(withoutUser(rules, user)));
  }

  async users() {
    const names = parseHtpasswd(await read(this.#paths.htpasswd), this.#paths.htpasswd).keys();
    const rules = await this.rules();
    return [...names]
      .sort()
      .map((name) => ({ name, grants: rules.filter(({ users }) => users.includes(name)) }));
  }

  async allow(rule: RegistryRule) {
    await using _lock = await this.#locks.hold(LOCK);
    await this.#addRules([rule]);
  }

  async disallow(user: string, patterns: readonly string[] = []) {
    await using _lock = await this.#locks.hold(LOCK);
    const rules = await this.rules();
    const kept = withoutUser(rules, user, patterns);
    if (formatPolicy(kept) === formatPolicy(rules)) {
      const [repository] = patterns;
      throw new Failure("REGISTRY_RULE_UNKNOWN", {
        user,
        ...(repository === undefined ? {} : { repository }),
      });
    }
    await replaceFile(this.#paths.policy, formatPolicy(kept));
  }

  async rules(): Promise<readonly Rule[]> {
    return parsePolicy(await read(this.#paths.policy), this.#paths.policy).rules;
  }

  /** The caller holds the lock. */
  async #addRules(added: readonly Rule[]): Promise<void> {
    const rules = added.reduce(withRule, await this.rules());
    const text = formatPolicy(rules);
    // Nothing is written that could not be read.
    parsePolicy(text, "policy");
    await replaceFile(this.#paths.policy, text);
  }

  async createToken({ name, grants, expiresAt }: Parameters<RegistryAccessService["createToken"]>[0]) {
    checkName(name);
    checkExpiry(expiresAt);
    parsePolicy(formatPolicy(grants.map((grant: RegistryGrant) => ({ users: [name], ...grant }))), "policy");
    const secret = newSecret();
    await using _lock = await this.#locks.hold(LOCK);
    const tokens = await this.#tokens();
    const users = parseHtpasswd(await read(this.#paths.htpasswd), this.#paths.htpasswd);
    if (users.has(name)) throw new Failure("REGISTRY_NAME_TAKEN", { name, by: "user" });
    if (tokens.some((token) => token.name === name))
      throw new Failure("REGISTRY_NAME_TAKEN", { name, by: "token" });
    const token = { name, hash: hashSecret(secret), createdAt: new Date(), expiresAt, grants };
    await replaceFile(this.#paths.tokens, formatTokens([...tokens, token]));
    return secret;
  }

  async revokeToken(name: string) {
    await using _lock = await this.#locks.hold(LOCK);
    const tokens = await this.#tokens();
    const kept = tokens.filter((token) => token.name !== name);
    if (kept.length === tokens.length) throw new Failure("REGISTRY_TOKEN_UNKNOWN", { name });
    await replaceFile(this.#paths.tokens, formatTokens(kept));
  }

  async tokens() {
    return (await this.#tokens()).map(({ hash: _hash, ...token }) => token);
  }

  async #tokens(): Promise<readonly RobotToken[]> {
    return parseTokens(await read(this.#paths.tokens), this.#paths.tokens).tokens;
  }
}

function checkName(user: string): void {
  const why = userNameProblem(user);
  if (why !== undefined) throw new Failure("REGISTRY_USER_INVALID", { user: user.slice(0, 255), why });
}

/** A time that the file of tokens cannot say would make all of it unreadable. */
function checkExpiry(at: Date | undefined): void {
  if (at === undefined || at.getTime() < END_OF_TIME) return;
  const got = Number.isNaN(at.getTime()) ? String(at) : at.toISOString();
  throw new Failure("OPTION_INVALID", {
    option: "the end of the token",
    got,
    want: "a time before the year 10000",
  });
}

/** Empty when it is not there. */
const read = async (path: string): Promise<string> =>
  (await readFile(path, "utf8").catch(undefinedIfMissing)) ?? "";
