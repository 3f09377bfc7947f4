import assert from "node:assert/strict";
import { commandOf, mergeConfig } from "../../../engine/containers/merge-config.ts";
import { randomName } from "../../../engine/containers/names.ts";

describe("mergeConfig()", () => {
  const image = { Entrypoint: ["/init"], Cmd: ["serve"] };
  const commands: readonly [
    title: string,
    user: object,
    image: object,
    runs: readonly string[] | undefined,
  ][] = [
    ["the image's entrypoint and command", {}, image, ["/init", "serve"]],
    ["the image's entrypoint with the user's command", { Cmd: ["sh"] }, image, ["/init", "sh"]],
    ["the user's entrypoint without the image's command", { Entrypoint: ["sh"] }, image, ["sh"]],
    ["the user's entrypoint and command", { Entrypoint: ["sh"], Cmd: ["-c", "x"] }, image, ["sh", "-c", "x"]],
    ['nothing for --entrypoint ""', { Entrypoint: [""] }, image, undefined],
    ['the command alone for --entrypoint ""', { Entrypoint: [""], Cmd: ["ls"] }, image, ["ls"]],
    ["the image's command for an empty entrypoint", { Entrypoint: [] }, image, ["serve"]],
    ["the image's command alone", {}, { Cmd: ["sh"] }, ["sh"]],
    ["nothing when nobody says what", {}, {}, undefined],
  ];
  for (const [title, user, from, runs] of commands) {
    it(`runs ${title}`, () => {
      const command = commandOf(mergeConfig(user, from));
      assert.deepEqual(command === undefined ? undefined : [command[0], ...command[1]], runs);
    });
  }

  it("puts the user's variables before those of the image that it does not set", () =>
    assert.deepEqual(mergeConfig({ Env: ["A=1", "B="] }, { Env: ["PATH=/bin", "A=0", "B=0"] }).Env, [
      "A=1",
      "B=",
      "PATH=/bin",
    ]));
  it("unites maps, the user's value winning", () => {
    const merged = mergeConfig(
      { Labels: { a: "1" }, ExposedPorts: { "80/tcp": {} }, Volumes: { "/a": {} } },
      { Labels: { a: "0", b: "2" }, ExposedPorts: { "81/tcp": {} }, Volumes: { "/b": {} } },
    );
    assert.deepEqual(merged.Labels, { a: "1", b: "2" });
    assert.deepEqual(Object.keys(merged.ExposedPorts ?? {}).sort(), ["80/tcp", "81/tcp"]);
    assert.deepEqual(Object.keys(merged.Volumes ?? {}).sort(), ["/a", "/b"]);
  });
  it("takes single values from the image where the user has none", () => {
    const from = { User: "www", WorkingDir: "/srv", StopSignal: "SIGQUIT" };
    assert.deepEqual(pick(mergeConfig({ User: "", WorkingDir: "/tmp" }, from)), {
      User: "www",
      WorkingDir: "/tmp",
      StopSignal: "SIGQUIT",
    });
  });
  it("fills a health check's fields one by one", () =>
    assert.deepEqual(
      mergeConfig(
        { Healthcheck: { Test: [], Retries: 5 } },
        { Healthcheck: { Test: ["CMD", "x"], Retries: 3 } },
      ).Healthcheck,
      { Test: ["CMD", "x"], Retries: 5 },
    ));
});

const pick = ({
  User,
  WorkingDir,
  StopSignal,
}: {
  User?: string;
  WorkingDir?: string;
  StopSignal?: string;
}) => ({
  User,
  WorkingDir,
  StopSignal,
});

describe("randomName()", () => {
  it("is an adjective and a surname", () =>
    assert.match(
      randomName(() => false),
      /^[a-z]+_[a-z]+$/,
    ));
  it("goes on with a number when names are taken", () => {
    let asked = 0;
    const name = randomName(
      () => ++asked <= 7,
      () => 0,
    );
    assert.match(name, /^[a-z]+_[a-z]+0$/);
  });
});
