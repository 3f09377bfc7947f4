import { randomBytes } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { accessPaths } from "../../../registry/access/access-paths.ts";
import { formatPolicy } from "../../../registry/access/policy-file.ts";
import type { Rule } from "../../../registry/access/rights.ts";
import { formatTokens, type RobotToken } from "../../../registry/access/robot-tokens.ts";
import { Accounts } from "../../../registry/server/access/accounts.ts";
import { TokenIssuer } from "../../../registry/server/access/token-issuer.ts";
import type { Layer, Observer } from "../../../registry/server/call.ts";
import { tokenRoute } from "../../../registry/server/handlers/token.ts";
import { type AccessOptions, access } from "../../../registry/server/layers/access.ts";
import { Scratch } from "../../support/scratch.ts";
import { type Reply, TestRegistry } from "./support.ts";

const bcrypt: typeof import("bcrypt") = createRequire(import.meta.url)("bcrypt");
/** The least bcrypt takes: passwords of tests are no secret. */
const COST = 4;

export interface GuardedOptions extends Pick<AccessOptions, "anonymous" | "plainHttp" | "externalUrl"> {
  readonly users?: Readonly<Record<string, string>>;
  readonly rules?: readonly Rule[];
  readonly robots?: readonly RobotToken[];
  /** Outside of access control. */
  readonly layers?: readonly Layer[];
  readonly observers?: readonly Observer[];
}

/** A registry behind access control whose clock stands until it is moved on. */
export class GuardedRegistry implements AsyncDisposable {
  readonly registry: TestRegistry;
  readonly issuer: TokenIssuer;
  readonly key: Uint8Array;
  readonly reports: string[];
  readonly #paths: ReturnType<typeof accessPaths>;
  readonly #clock: { now: number };
  readonly #close: () => Promise<void>;

  private constructor(
    parts: Pick<GuardedRegistry, "registry" | "issuer" | "key" | "reports"> & {
      readonly paths: ReturnType<typeof accessPaths>;
      readonly clock: { now: number };
    },
    close: () => Promise<void>,
  ) {
    this.registry = parts.registry;
    this.issuer = parts.issuer;
    this.key = parts.key;
    this.reports = parts.reports;
    this.#paths = parts.paths;
    this.#clock = parts.clock;
    this.#close = close;
  }

  static async open(options: GuardedOptions = {}): Promise<GuardedRegistry> {
    const scratch = new Scratch();
    const paths = accessPaths(scratch.join("access"));
    mkdirSync(scratch.join("access"));
    write(paths, options);
    const clock = { now: Date.now() };
    const now = (): number => clock.now;
    const key = randomBytes(32);
    const reports: string[] = [];
    const guard = {
      accounts: new Accounts({ files: paths, report: (line) => reports.push(line), now }),
      issuer: new TokenIssuer({ key, now }),
    };
    const registry = await TestRegistry.open({
      root: scratch.join("registry"),
      layers: [...(options.layers ?? []), access({ ...guard, ...options })],
      routes: [tokenRoute(guard)],
      observers: options.observers ?? [],
    });
    return new GuardedRegistry({ registry, issuer: guard.issuer, key, reports, paths, clock }, async () => {
      await registry[Symbol.asyncDispose]();
      scratch[Symbol.dispose]();
    });
  }

  /** Replaces files of access control, and lets the time pass after which they are looked at. */
  change(options: GuardedOptions): void {
    write(this.#paths, options);
    this.advance(1_001);
  }

  advance(ms: number): void {
    this.#clock.now += ms;
  }
  get now(): number {
    return this.#clock.now;
  }

  /** `as`: "user:password", a bearer token, or nobody. */
  send(
    method: string,
    path: string,
    { as, ...sent }: { readonly as?: string | undefined } & Parameters<TestRegistry["send"]>[2] = {},
  ): Promise<Reply> {
    return this.registry.send(method, path, {
      ...sent,
      headers: { ...sent.headers, ...(as === undefined ? {} : { authorization: authorization(as) }) },
    });
  }

  /** What the token service gives for scopes. */
  async token(scopes: readonly string[], as?: string): Promise<string> {
    const query = scopes.map((scope) => `scope=${encodeURIComponent(scope)}`).join("&");
    const { status, body } = await this.send("GET", `/token?${query}`, { as });
    if (status !== 200) throw new Error(`token service: ${status} ${body.toString()}`);
    return (JSON.parse(body.toString()) as { readonly token: string }).token;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#close();
  }
}

function write(paths: ReturnType<typeof accessPaths>, { users, rules, robots }: GuardedOptions): void {
  if (users !== undefined) {
    const lines = Object.entries(users).map(
      ([name, password]) => `${name}:${bcrypt.hashSync(password, COST)}\n`,
    );
    writeFileSync(paths.htpasswd, lines.join(""));
  }
  if (rules !== undefined) writeFileSync(paths.policy, formatPolicy(rules));
  if (robots !== undefined) writeFileSync(paths.tokens, formatTokens(robots));
}

const authorization = (as: string): string =>
  as.includes(":") ? `Basic ${Buffer.from(as).toString("base64")}` : `Bearer ${as}`;
