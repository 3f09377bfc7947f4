import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "mocha";
import { requiresNativeCore } from "../support/requires.ts";
import { outerAddress, TeamMember, TeamRegistry } from "./support/team-registry.ts";

/** What README.md says: two users with different rights, anonymous pull and TLS in three commands. */
describe("a team's registry from nothing", () => {
  let registry: TeamRegistry;
  let host: string;
  let authority: string;

  before(async function () {
    requiresNativeCore(this);
    registry = new TeamRegistry();
    const ann = ["--push", "team/**", "--push", "public/**", "--password-stdin", "ann"];
    const ben = ["--pull", "**", "--password-stdin", "ben"];
    for (const [argv, password] of [
      [ann, "anns password\n"],
      [ben, "bens password\n"],
    ] as const)
      assert.equal((await registry.run(["registry", "user", "add", ...argv], password)).code, 0);
    const said = await registry.serve(["--addr", ":0", "--tls", "--anonymous-pull", "public/**"]);
    const [, file = ""] =
      /trust it once they have (\S+) as \/etc\/docker\/certs\.d\/.*\/ca\.crt$/m.exec(said) ?? [];
    const [, port = ""] = /listening on .*:(\d+)$/m.exec(said) ?? [];
    authority = file;
    host = `${outerAddress() ?? "localhost"}:${port}`;
  });
  after(() => registry?.[Symbol.asyncDispose]());

  const member = async (user?: string): Promise<TeamMember> => {
    const made = new TeamMember(authority);
    if (user === undefined) return made;
    const login = await made.run(["login", "-u", user, "--password-stdin", host], `${user}s password`);
    assert.equal(login.code, 0, login.err);
    return made;
  };

  it("lets a user push and pull where they may, and nowhere else", async () => {
    using ann = await member("ann");
    for (const name of ["team/app:1", "public/app:1", "other/app:1"]) await ann.make(`${host}/${name}`);
    assert.equal((await ann.run(["push", "-q", `${host}/team/app:1`])).code, 0);
    assert.equal((await ann.run(["push", "-q", `${host}/public/app:1`])).code, 0);
    const refused = await ann.run(["push", "-q", `${host}/other/app:1`]);
    assert.equal(refused.code, 1);
    assert.match(refused.err, /denied/);
  });

  it("lets another pull all and push nothing", async () => {
    using ben = await member("ben");
    assert.equal((await ben.run(["pull", "-q", `${host}/team/app:1`])).code, 0);
    const refused = await ben.run(["push", "-q", `${host}/team/app:1`]);
    assert.equal(refused.code, 1);
    assert.match(refused.err, /denied/);
  });

  it("lets anybody pull what is public", async () => {
    using nobody = await member();
    const pulled = await nobody.run(["pull", "-q", `${host}/public/app:1`]);
    assert.equal(pulled.code, 0, pulled.err);
    const refused = await nobody.run(["pull", "-q", `${host}/team/app:1`]);
    assert.equal(refused.code, 1);
    assert.match(refused.err, /denied|authentication required/);
  });

  it("says what would go by its rules of retention, and takes it", async () => {
    using ann = await member("ann");
    const image = `${host}/public/old:1`;
    await ann.make(image);
    assert.equal((await ann.run(["push", "-q", image])).code, 0);
    const rules = [{ repositories: ["public/old"], keepLast: 0 }];
    mkdirSync(join(registry.root, "registry"), { recursive: true });
    writeFileSync(join(registry.root, "registry", "retention.json"), JSON.stringify({ rules }));
    const gc = ["registry", "gc", "--grace", "0s"];
    const dry = await registry.run([...gc, "--dry-run"]);
    assert.match(
      dry.out,
      /^would remove tag public\/old:1 of sha256:\w+: rule 1 of retention keeps the last 0: this is number 1, pushed /,
    );
    assert.match(
      dry.out,
      /^would remove manifest sha256:\w+ \(.*\) from public\/old: no tag, index or subject/m,
    );
    assert.equal((await ann.run(["pull", "-q", image])).code, 0);
    const done = await registry.run(gc);
    assert.match(done.out, /^removed tag public\/old:1 /);
    const gone = await ann.run(["pull", "-q", image]);
    assert.equal(gone.code, 1);
    assert.match(gone.err, /not found|manifest/);
  });

  it("is not trusted by who has not its authority", async function () {
    if (outerAddress() === undefined) this.skip();
    using stranger = new TeamMember("/dev/null");
    const { code, err } = await stranger.run(["pull", "-q", `${host}/public/app:1`]);
    assert.equal(code, 1);
    assert.match(err, /certificate/);
  });

  it("refuses a wrong password and one that was revoked", async () => {
    using ci = new TeamMember(authority);
    const made = await registry.run(["registry", "token", "create", "--push", "team/**", "ci"]);
    const login = (password: string) => ci.run(["login", "-u", "ci", "--password-stdin", host], password);
    assert.equal((await login("wrong")).code, 1);
    assert.equal((await login(made.out.trim())).code, 0);
    assert.equal((await registry.run(["registry", "token", "revoke", "ci"])).code, 0);
    // A change is seen after a second at most.
    for (let i = 0; i < 50; i++) {
      await new Promise((resolve) => setTimeout(resolve, 100));
      if ((await login(made.out.trim())).code === 1) return;
    }
    assert.fail("the token is still good");
  });
});
