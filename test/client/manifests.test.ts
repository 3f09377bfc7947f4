import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { after, before, describe, it } from "mocha";
import { connect } from "../../cli/connect.ts";
import { DaemonRig } from "../daemon/support/daemon-rig.ts";
import { GuardedRegistry } from "../registry/server/guarded.ts";
import type { Ran } from "../support/run-captured.ts";

const grant = { users: ["ann", "bob"], repositories: ["**"], actions: ["pull", "push"] } as const;
const open = (users: Readonly<Record<string, string>>) =>
  GuardedRegistry.open({ users, rules: [grant], plainHttp: true });

describe("a manifest list through a daemon", () => {
  let rig: DaemonRig;
  const registries: GuardedRegistry[] = [];
  let members: readonly string[] = [];
  let list = "";
  before(async function () {
    rig = await DaemonRig.open(this);
    // Another user in each: whoever asks one with the credentials of the other is refused.
    registries.push(await open({ ann: "first" }), await open({ bob: "second" }));
    const [source = "", target = ""] = registries.map(({ registry }) => `127.0.0.1:${registry.port}`);
    members = ["amd64", "arm64"].map((architecture) => `${source}/team/app:${architecture}`);
    list = `${target}/team/all:1`;
    const tar = execFileSync("tar", ["-c", "--files-from", "/dev/null"]);
    for (const [index, architecture] of ["amd64", "arm64"].entries())
      await rig.slipway.ok(
        [
          "import",
          "--platform",
          `linux/${architecture}`,
          "-c",
          `LABEL a=${index}`,
          "-",
          members[index] ?? "",
        ],
        { stdin: tar },
      );
    await over(["login", "-u", "ann", "--password-stdin", source], "first");
    await over(["login", "-u", "bob", "--password-stdin", target], "second");
    for (const member of members) await over(["push", "-q", member]);
  });
  after(async () => {
    for (const registry of registries) await registry[Symbol.asyncDispose]();
    await rig?.[Symbol.asyncDispose]();
  });

  /** As a user whose credentials the daemon does not have. */
  const run = (argv: readonly string[], stdin = "", home = rig.slipway.scratch.path): Promise<Ran> =>
    rig.slipway.run(argv, {
      stdin,
      via: { connect, env: { DOCKER_HOST: `unix://${rig.socket}`, HOME: home } },
    });
  async function over(argv: readonly string[], stdin?: string): Promise<string> {
    const { code, out, err } = await run(argv, stdin);
    assert.equal(code, 0, `${argv.join(" ")}: ${err}`);
    return out;
  }
  const inspected = async (name: string) =>
    JSON.parse(await over(["manifest", "inspect", name])) as {
      readonly mediaType: string;
      readonly manifests: readonly { readonly platform: { readonly architecture: string } }[];
    };

  it("is made, added to and pushed with the caller's credentials for each registry", async () => {
    const [first = "", second = ""] = members;
    assert.equal(await over(["manifest", "create", list, first]), `Created manifest list ${list}\n`);
    const again = await run(["manifest", "create", list, second]);
    assert.equal(again.code, 1);
    assert.match(again.err, /refusing to amend the existing manifest list/);
    await over(["manifest", "create", "--amend", list, second]);
    assert.equal(
      await over(["manifest", "inspect", list]),
      `${await rig.slipway.ok(["manifest", "inspect", list])}\n`,
    );
    const made = await inspected(list);
    const digest = (await over(["manifest", "push", "--purge", list])).trim();
    assert.match(digest, /^sha256:[0-9a-f]{64}$/);
    assert.deepEqual(await inspected(`${list.replace(/:1$/, "")}@${digest}`), made);
    assert.deepEqual(
      made.manifests.map(({ platform }) => platform.architecture),
      ["amd64", "arm64"],
    );
    const gone = await run(["manifest", "push", list]);
    assert.equal(gone.code, 1);
    assert.match(gone.err, /no such manifest list|manifest list/);
  });

  it("of nobody is refused by the registries, whoever else has logged in", async () => {
    const [first = ""] = members;
    const home = rig.slipway.scratch.join("nobody");
    for (const argv of [
      ["manifest", "inspect", first],
      ["manifest", "create", `${list}-other`, first],
    ]) {
      const { code, err } = await run(argv, "", home);
      assert.equal(code, 1, argv.join(" "));
      assert.match(err, /unauthorized|authentication required|denied/i);
    }
  });

  it("says so where a name stands for nothing", async () => {
    const { code, err } = await run(["manifest", "inspect", `${list}-nosuch`]);
    assert.equal(code, 1);
    assert.match(err, /manifest unknown|not found/);
  });
});
