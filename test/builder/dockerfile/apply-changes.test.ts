import assert from "node:assert/strict";
import { applyChanges } from "../../../builder/dockerfile/resolve/apply-changes.ts";
import type { ContainerConfig } from "../../../image/config.ts";

// The results are those of `docker commit --change` in Docker Engine 28.
describe("applyChanges()", () => {
  const base: ContainerConfig = {
    Env: ["A=1"],
    Cmd: ["sh"],
    WorkingDir: "/srv",
    Labels: { a: "b" },
    OnBuild: ["RUN a"],
  };
  const good: readonly [changes: readonly string[], changed: Partial<ContainerConfig>][] = [
    [[], {}],
    [['CMD ["a", "b"]'], { Cmd: ["a", "b"] }],
    [["CMD a b"], { Cmd: ["/bin/sh", "-c", "a b"] }],
    [["cmd a"], { Cmd: ["/bin/sh", "-c", "a"] }],
    [["ENV B=$A C=x", "ENV A=2"], { Env: ["A=2", "B=1", "C=x"] }],
    [["ENV B some words"], { Env: ["A=1", "B=some words"] }],
    [["EXPOSE 80 90/udp"], { ExposedPorts: { "80/tcp": {}, "90/udp": {} } }],
    [["LABEL x=y"], { Labels: { a: "b", x: "y" } }],
    [["ONBUILD RUN b"], { OnBuild: ["RUN a", "RUN b"] }],
    [["USER www"], { User: "www" }],
    [["VOLUME /a /b"], { Volumes: { "/a": {}, "/b": {} } }],
    [["WORKDIR sub"], { WorkingDir: "/srv/sub" }],
    [["STOPSIGNAL SIGINT"], { StopSignal: "SIGINT" }],
    [['CMD ["x"]', 'ENTRYPOINT ["y"]'], { Cmd: ["x"], Entrypoint: ["y"] }],
  ];
  for (const [changes, changed] of good) {
    it(`applies ${JSON.stringify(changes)}`, () =>
      assert.deepEqual(applyChanges(base, changes), { ...base, ...changed }));
  }
  it("takes the inherited command away with an entrypoint", () => {
    const { Cmd, Entrypoint } = applyChanges(base, ['ENTRYPOINT ["y"]']);
    assert.deepEqual([Cmd, Entrypoint], [undefined, ["y"]]);
  });

  const bad: readonly [changes: readonly string[], code: string, message: RegExp][] = [
    [["RUN x"], "OPTION_INVALID", /RUN x.*one instruction of CMD/],
    [["FROM x"], "OPTION_INVALID", /FROM x/],
    [["USER a\nUSER b"], "OPTION_INVALID", /USER a/],
    [["NOPE x"], "DOCKERFILE_INVALID", /unknown instruction: NOPE/],
    [["STOPSIGNAL x"], "DOCKERFILE_INVALID", /invalid signal: x/],
    [[""], "DOCKERFILE_INVALID", /empty/],
  ];
  for (const [changes, code, message] of bad) {
    it(`refuses ${JSON.stringify(changes)}`, () =>
      assert.throws(() => applyChanges(base, changes), { code, message }));
  }
});
