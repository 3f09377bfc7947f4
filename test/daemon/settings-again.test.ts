import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { after, before, describe, it } from "mocha";
import { waitingSettings } from "../../daemon/config/derived.ts";
import { Slipway } from "../e2e/support/slipway.ts";
import { Scratch } from "../support/scratch.ts";
import { rawTar } from "../support/tar-bytes.ts";
import { ask } from "./support/ask.ts";
import { DaemonProcess } from "./support/daemon-process.ts";

describe("settings that SIGHUP reads again", () => {
  const scratch = new Scratch();
  const [socket, file] = [scratch.join("s.sock"), scratch.join("daemon.json")];
  const hosts = [`unix://${socket}`];
  let daemon: DaemonProcess | undefined;
  let times = 0;
  const write = (settings: object): void => writeFileSync(file, JSON.stringify({ hosts, ...settings }));
  async function readAgain(settings: object): Promise<string> {
    write(settings);
    daemon?.signal("SIGHUP");
    times += 1;
    const said = await daemon?.said(new RegExp(`(?:read again(.*)\\n[^]*){${times}}`));
    return said?.[1] ?? "";
  }

  before(async function () {
    // Skips where nothing can run.
    await (await Slipway.open(this))[Symbol.asyncDispose]();
    write({ builder: { gc: { enabled: false } } });
    daemon = new DaemonProcess(scratch.join("root"), ["--config-file", file]);
    await daemon.said(/API listen on/);
  });
  after(async () => {
    await daemon?.stop();
    scratch[Symbol.dispose]();
  });

  it("bound the build cache from the next build on", async () => {
    const build = async (content: string): Promise<void> => {
      const body = rawTar({ name: "Dockerfile", content: `FROM scratch\nCOPY Dockerfile /${content}\n` });
      const built = await ask(socket, "POST", "/build?q=1", {
        body,
        headers: { "content-type": "application/x-tar" },
      });
      assert.match(built.text, /sha256:/);
      await ask(socket, "POST", "/images/prune");
    };
    const cached = async (): Promise<readonly string[]> => {
      const { text } = await ask(socket, "GET", "/system/df?type=build-cache");
      const { BuildCache: all } = JSON.parse(text) as { BuildCache: readonly { Description: string }[] };
      return all.map(({ Description }) => Description.replace(/.*\//, "")).sort();
    };
    await build("one");
    await build("two");
    assert.deepEqual(await cached(), ["one", "two"]);
    await readAgain({ builder: { gc: { defaultReservedSpace: 0, defaultMaxUsedSpace: 1 } } });
    await build("three");
    assert.deepEqual(await cached(), ["three"]);
  });

  it("say which registries need no TLS, and which mirrors there are", async () => {
    await readAgain({ "insecure-registries": ["r.test:5000"], "registry-mirrors": ["https://m.test"] });
    const { RegistryConfig: told } = JSON.parse((await ask(socket, "GET", "/info")).text) as {
      readonly RegistryConfig: {
        readonly IndexConfigs: Readonly<Record<string, { readonly Secure: boolean }>>;
        readonly Mirrors: readonly string[];
      };
    };
    assert.deepEqual([told.IndexConfigs["r.test:5000"]?.Secure, told.Mirrors], [false, ["https://m.test"]]);
  });

  it("are named where only a restart changes them", async () => {
    assert.equal(
      await readAgain({ group: "0", registry: ":0", "registry-tls": true, tls: false, debug: true }),
      "; only a restart changes group, registry, registry-tls, tls",
    );
    assert.deepEqual(waitingSettings({ hosts: ["a"], labels: ["x=1"] }, { hosts: ["a"], debug: true }), []);
    write({ "registry-tls": true });
    daemon?.signal("SIGHUP");
    await daemon?.said(/configuration stays as it was: .* for --registry-tls: expected --registry beside it/);
  });
});
