import assert from "node:assert/strict";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { after, before, describe, it } from "mocha";
import { requiresCommand } from "../support/requires.ts";
import { DaemonRig, requiresDocker } from "./support/daemon-rig.ts";
import { requiresPlugin } from "./support/plugins.ts";

/** The store says that it is ready when its file is there; `web` waits for that, and `watch` for `web`. */
const APPLICATION = `
services:
  store:
    image: busybox
    pull_policy: never
    init: true
    command: sh -c "echo kept > /data/note; exec sleep 600"
    volumes: ["data:/data"]
    networks: [back]
    healthcheck:
      test: ["CMD", "test", "-s", "/data/note"]
      interval: 200ms
      timeout: 30s
      retries: 300
  web:
    image: busybox
    pull_policy: never
    init: true
    command: sh -c "echo serving; cat /data/note /shown/note; exec sleep 600"
    environment: { GREETING: hello }
    volumes: ["data:/data:ro", "shown:/shown"]
    networks: [back, front]
    depends_on:
      store: { condition: service_healthy }
  watch:
    image: busybox
    pull_policy: never
    command: sh -c "ping6 -c 1 -W 30 web >/dev/null && echo found web; exit 4"
    networks: [front]
    depends_on: [web]
networks:
  back: { internal: true }
  front: { enable_ipv6: true }
volumes:
  data: { labels: { purpose: notes } }
  shown: { driver_opts: { type: none, o: bind, device: FOLDER } }
`;

interface Listed {
  readonly Service: string;
  readonly State: string;
  readonly Health: string;
  readonly ExitCode: number;
}

describe("docker compose", () => {
  let daemon: DaemonRig;
  let folder: string;
  before(async function () {
    requiresDocker(this);
    requiresCommand(this, "nft");
    daemon = await DaemonRig.open(this);
    requiresPlugin(this, daemon, "docker-compose");
    folder = daemon.slipway.scratch.join("shown");
    mkdirSync(folder);
    writeFileSync(`${folder}/note`, "shown\n");
    writeFileSync(
      daemon.slipway.scratch.join("compose.yaml"),
      APPLICATION.replace("FOLDER", JSON.stringify(folder)),
    );
  });
  after(() => daemon?.[Symbol.asyncDispose]());

  const compose = (...argv: string[]) => daemon.ok(["compose", "-p", "app", "--ansi", "never", ...argv]);
  const names = (...argv: string[]) => daemon.ok([...argv, "--format", "{{.Name}}"]);

  it("brings an application up in the order of its conditions, looks into it, and takes it down", async () => {
    await compose("up", "-d");
    await daemon.ok(["wait", "app-watch-1"]);
    const listed = (await compose("ps", "-a", "--format", "json"))
      .split("\n")
      .map((line): Listed => JSON.parse(line))
      .map(({ Service, State, Health, ExitCode }) => [Service, State, Health, ExitCode].join(" "));
    assert.deepEqual(listed.sort(), ["store running healthy 0", "watch exited  4", "web running  0"]);
    assert.equal(await compose("logs", "--no-log-prefix", "web"), "serving\nkept\nshown");
    assert.equal(await compose("logs", "--no-color", "watch"), "watch-1  | found web");
    assert.equal(await compose("exec", "-T", "web", "sh", "-c", "echo $GREETING"), "hello");
    assert.deepEqual((await daemon.docker(["compose", "-p", "app", "exec", "-T", "web", "false"])).code, 1);
    assert.equal(await names("volume", "ls", "-f", "label=purpose=notes"), "app_data");
    assert.match(await compose("up", "-d", "--no-recreate", "store", "web"), /^$/);
    await compose("down", "-v", "-t", "5");
    assert.equal(await daemon.ok(["ps", "-aq"]), "");
    assert.equal(await names("volume", "ls"), "");
    assert.equal(existsSync(`${folder}/note`), true);
    assert.deepEqual((await names("network", "ls")).split("\n").sort(), ["bridge", "host", "none"]);
  });
});
