import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { after, before, type Context, describe, it } from "mocha";
import { TeamMember, TeamRegistry } from "../../e2e/support/team-registry.ts";
import { findCommand, requiresCommand, requiresPeer } from "../../support/requires.ts";
import { Scratch } from "../../support/scratch.ts";

/** A program whose first argument is the client to run, where clients are not in PATH. */
const WRAPPER = process.env["SLIPWAY_PEERS"];
const TIMEOUT_MS = 60_000;
const PASSWORDS = { ann: "anns password", ben: "bens password" } as const;
type Person = keyof typeof PASSWORDS;

interface Done {
  readonly code: number;
  readonly err: string;
}
interface Client {
  readonly name: string;
  /** Each is a function of who does it; nobody when undefined. */
  pull(test: Context, image: string, who: Person | undefined): Promise<Done>;
  /** Pushes what it pulled before from `from`. */
  push(test: Context, from: string, to: string, who: Person | undefined): Promise<Done>;
}

function run(command: string, args: readonly string[], stdin = ""): Promise<Done> {
  return new Promise((resolve) => {
    const child = execFile(command, args, { timeout: TIMEOUT_MS, cwd: "/" }, (error, _out, stderr) =>
      resolve({ code: error === null ? 0 : 1, err: stderr }),
    );
    child.stdin?.end(stdin);
  });
}

/** docker keeps what it is told at a login in a folder: one for each person. */
class Docker implements Client, AsyncDisposable {
  readonly name = "docker";
  readonly #scratch = new Scratch();
  readonly #pulled = new Set<string>();

  async #as(
    test: Context,
    who: Person | undefined,
    registry: string,
  ): Promise<readonly [string, readonly string[]]> {
    const docker = requiresPeer(test);
    const config = ["--config", this.#scratch.join(who ?? "nobody")];
    if (who !== undefined) {
      const login = await run(
        docker,
        [...config, "login", "-u", who, "--password-stdin", registry],
        PASSWORDS[who],
      );
      assert.equal(login.code, 0, login.err);
    }
    return [docker, config];
  }

  async pull(test: Context, image: string, who: Person | undefined): Promise<Done> {
    const [docker, config] = await this.#as(test, who, hostOf(image));
    this.#pulled.add(image);
    return run(docker, [...config, "pull", "-q", image]);
  }

  async push(test: Context, from: string, to: string, who: Person | undefined): Promise<Done> {
    const [docker, config] = await this.#as(test, who, hostOf(to));
    await run(docker, ["tag", from, to]);
    const done = await run(docker, [...config, "push", "-q", to]);
    await run(docker, ["rmi", from, to]);
    return done;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#pulled.size > 0) await run("docker", ["rmi", ...this.#pulled]);
    this.#scratch[Symbol.dispose]();
  }
}

const hostOf = (image: string): string => image.slice(0, image.indexOf("/"));
const wrapped = (test: Context, client: string): readonly [string, readonly string[]] =>
  WRAPPER === undefined ? [requiresCommand(test, client), []] : [WRAPPER, [client]];

const skopeo: Client = {
  name: "skopeo",
  async pull(test, image, who) {
    const [command, first] = wrapped(test, "skopeo");
    const as = who === undefined ? ["--no-creds"] : ["--creds", `${who}:${PASSWORDS[who]}`];
    return run(command, [...first, "inspect", "--raw", "--tls-verify=false", ...as, `docker://${image}`]);
  },
  async push(test, from, to, who) {
    const [command, first] = wrapped(test, "skopeo");
    const flags = ["--insecure-policy", "--src-tls-verify=false", "--dest-tls-verify=false"];
    const source = ["--src-creds", `ben:${PASSWORDS.ben}`];
    const target = who === undefined ? ["--dest-no-creds"] : ["--dest-creds", `${who}:${PASSWORDS[who]}`];
    return run(command, [
      ...first,
      "copy",
      "-q",
      ...flags,
      ...source,
      ...target,
      `docker://${from}`,
      `docker://${to}`,
    ]);
  },
};

describe("real clients of a team's registry", function () {
  this.timeout(4 * TIMEOUT_MS);
  const docker = new Docker();
  const registry = new TeamRegistry();
  let host: string;

  before(async function () {
    if (![process.env["DOCKER_HOST"], WRAPPER, findCommand("skopeo")].some((client) => client !== undefined))
      this.skip();
    const rights = { ann: ["--push", "team/**", "--push", "public/**"], ben: ["--pull", "**"] };
    for (const user of ["ann", "ben"] as const)
      await registry.run(
        ["registry", "user", "add", ...rights[user], "--password-stdin", user],
        PASSWORDS[user],
      );
    const said = await registry.serve(["--addr", "127.0.0.1:0", "--tls", "--anonymous-pull", "public/**"]);
    const [, address = "", file = ""] = /listening on (\S+)\n.* have (\S+) as/.exec(said) ?? [];
    host = address;
    using ann = new TeamMember(file);
    await ann.run(["login", "-u", "ann", "--password-stdin", host], PASSWORDS.ann);
    for (const name of [`${host}/team/app:1`, `${host}/public/app:1`]) {
      await ann.make(name);
      assert.equal((await ann.run(["push", "-q", name])).code, 0);
    }
  });
  after(async () => {
    await docker[Symbol.asyncDispose]();
    await registry[Symbol.asyncDispose]();
  });

  for (const client of [docker, skopeo]) {
    for (const [title, image, who, code] of [
      ["pulls what is public without a login", "public/app:1", undefined, 0],
      ["is denied the rest without a login", "team/app:1", undefined, 1],
      ["pulls with a login", "team/app:1", "ben", 0],
    ] as const)
      it(`${client.name} ${title}`, async function () {
        const done = await client.pull(this, `${host}/${image}`, who);
        assert.equal(done.code, code, done.err);
        if (code !== 0) assert.match(done.err, /denied|authentication required|unauthorized/);
      });

    for (const [title, to, who, code] of [
      ["pushes with a login", "team/copy", "ann", 0],
      ["is denied a push where the user may only pull", "team/copy", "ben", 1],
      ["is denied a push without a login", "public/copy", undefined, 1],
    ] as const)
      it(`${client.name} ${title}`, async function () {
        const from = `${host}/public/app:1`;
        await client.pull(this, from, undefined);
        const done = await client.push(this, from, `${host}/${to}:${client.name}`, who);
        assert.equal(done.code, code, done.err);
        if (code !== 0) assert.match(done.err, /denied|authentication required|unauthorized/);
      });
  }
});
