import { createHash } from "node:crypto";
import { Failure } from "../../../core/errors.ts";
import { costOf, parseHtpasswd, type Users } from "../../access/htpasswd.ts";
import { parsePolicy } from "../../access/policy-file.ts";
import { type Allows, compileGrants, compilePolicy, type Grant, type Rule } from "../../access/rights.ts";
import { hashSecret, isExpired, isSecret, parseTokens, type RobotToken } from "../../access/robot-tokens.ts";
import { LoginAttempts } from "./login-attempts.ts";
import { PasswordVerifier } from "./password-verifier.ts";
import type { Principal } from "./principal.ts";
import { ReloadedFile } from "./reloaded-file.ts";

export interface AccountFiles {
  readonly htpasswd: string;
  readonly policy: string;
  readonly tokens: string;
}
export interface AccountsOptions {
  readonly files: AccountFiles;
  /** Rules besides those of the file. */
  readonly rules?: readonly Rule[];
  readonly report: (line: string) => void;
  /** Milliseconds since the epoch. */
  readonly now?: () => number;
}
export interface Login {
  readonly user: string;
  readonly password: string;
  readonly address: string;
}

const WRONG = "incorrect username or password";
const DEFAULT_COST = 10;

/** Users, robot tokens and the policy, as their files say now. Opening throws ACCESS_FILE_INVALID for a file that is no good. */
export class Accounts {
  readonly #users: ReloadedFile<Users>;
  readonly #policy: ReloadedFile<(user: string | undefined) => Allows>;
  readonly #robots: ReloadedFile<ReadonlyMap<string, RobotToken>>;
  readonly #rules: (user: string | undefined) => Allows;
  readonly #verifier: PasswordVerifier;
  readonly #attempts: LoginAttempts;
  readonly #now: () => number;
  readonly #hasRules: boolean;

  constructor({ files, rules = [], report, now = Date.now }: AccountsOptions) {
    this.#now = now;
    this.#hasRules = rules.length > 0;
    this.#users = new ReloadedFile({ path: files.htpasswd, parse: parseHtpasswd, report, now });
    const parse = (text: string, file: string) => compilePolicy([...parsePolicy(text, file).rules, ...rules]);
    this.#policy = new ReloadedFile({ path: files.policy, parse, report, now });
    this.#robots = new ReloadedFile({ path: files.tokens, parse: robotsByName, report, now });
    this.#rules = compilePolicy(rules);
    this.#verifier = new PasswordVerifier({ now });
    this.#attempts = new LoginAttempts(now);
  }

  /** Whether anybody was ever told who may do what; until then there is nothing to guard by. */
  get isGuarded(): boolean {
    if (this.#hasRules) return true;
    return [this.#users, this.#policy, this.#robots].some(({ current }) => current !== undefined);
  }

  readonly anonymous = (): Principal => ({
    name: undefined,
    stamp: "",
    allows: this.#policyOf(undefined),
  });

  /**
   * Rejects with CREDENTIALS_INVALID, alike and after the same time for a wrong password and a user there is none, or TOO_MANY_ATTEMPTS. The password's
   * own form says whether it is a robot's: names of robots show by nothing either. Files are looked at now: who was just let in is let in.
   */
  async logIn(login: Login): Promise<Principal> {
    const { user, password } = login;
    const isRight = isSecret(password)
      ? await this.#tried(login, async () => this.#robots.latest?.get(user)?.hash === hashSecret(password))
      : await this.#isPassword(login);
    const principal = isRight ? this.find(user) : undefined;
    if (principal === undefined) throw new Failure("CREDENTIALS_INVALID", { why: WRONG });
    return principal;
  }

  async #isPassword(login: Login): Promise<boolean> {
    const { user, password } = login;
    const hash = this.#users.latest?.get(user);
    const attempt = { user, password, hash: hash ?? this.#decoy() };
    if (this.#verifier.isCheap(attempt)) return (await this.#verifier.verify(attempt)) && hash !== undefined;
    return this.#tried(login, async () => (await this.#verifier.verify(attempt)) && hash !== undefined);
  }

  async #tried(login: Login, check: () => Promise<boolean>): Promise<boolean> {
    this.#attempts.begin(login);
    const isRight = await check();
    if (isRight) this.#attempts.succeed(login);
    return isRight;
  }

  /** A user or a robot token that is there and has not expired. */
  find(name: string): Principal | undefined {
    const robot = this.#robots.current?.get(name);
    if (robot !== undefined) return isExpired(robot, new Date(this.#now())) ? undefined : this.#robot(robot);
    const hash = this.#users.current?.get(name);
    return hash === undefined ? undefined : { name, stamp: stampOf(hash), allows: this.#policyOf(name) };
  }

  #robot({ name, hash, grants }: RobotToken): Principal {
    const own = compiledGrants(grants);
    const anybody = this.#policyOf(undefined);
    return {
      name,
      stamp: stampOf(hash),
      allows: (action, repository) => own(action, repository) || anybody(action, repository),
    };
  }

  #policyOf(user: string | undefined): Allows {
    return (this.#policy.current ?? this.#rules)(user);
  }

  /** A hash that no password fits, as dear as those of the users. */
  #decoy(): string {
    const costs = [...(this.#users.current?.values() ?? [])].slice(0, 100).map(costOf);
    const cost = costs.length === 0 ? DEFAULT_COST : Math.max(...costs);
    return `$2b$${String(cost).padStart(2, "0")}$${".".repeat(53)}`;
  }
}

const stampOf = (hash: string): string =>
  createHash("sha256").update(`slipway stamp\n${hash}`).digest("base64url").slice(0, 16);

const compiled = new WeakMap<readonly Grant[], Allows>();
function compiledGrants(grants: readonly Grant[]): Allows {
  const known = compiled.get(grants) ?? compileGrants(grants);
  compiled.set(grants, known);
  return known;
}

const robotsByName = (text: string, file: string): ReadonlyMap<string, RobotToken> =>
  new Map(parseTokens(text, file).tokens.map((token) => [token.name, token]));
