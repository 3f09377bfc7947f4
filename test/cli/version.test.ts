import assert from "node:assert/strict";
import { Failure } from "../../core/errors.ts";
import { VERSION } from "../../core/version.ts";
import { runCli } from "./support/run-cli.ts";

const SERVER = {
  Platform: { Name: "" },
  Version: "28.5.2",
  ApiVersion: "1.48",
  MinAPIVersion: "1.24",
  GoVersion: "go1.27",
  Os: "linux",
  Arch: "arm64",
};
const answers = { "system.version": SERVER };
const unreachable = {
  "system.version": () => {
    throw new Failure("DAEMON_UNREACHABLE", { address: "unix:///x", why: "nobody listens" });
  },
};

describe("version", () => {
  const formats: readonly [format: string, out: string][] = [
    ["{{.Client.Version}} {{.Server.Version}}", `${VERSION} 28.5.2`],
    ["{{.Client.APIVersion}} {{.Client.ApiVersion}} {{.Server.APIVersion}}", "1.51 1.51 1.48"],
    ["{{.Client.Context}} {{.Server.Os}}/{{.Server.Arch}}", "default linux/arm64"],
    ["{{json .Server}}", JSON.stringify(SERVER)],
  ];
  for (const [format, out] of formats) {
    it(`prints ${format}`, async () => {
      assert.equal((await runCli(["version", "--format", format], { answers })).out, `${out}\n`);
    });
  }

  it("prints both as JSON, under the names of the API", async () => {
    const { out } = await runCli(["version", "--format", "json"], { answers });
    const { Client: client, Server: server } = JSON.parse(out) as Record<string, Record<string, unknown>>;
    assert.deepEqual(server, SERVER);
    assert.deepEqual([client?.["Version"], client?.["ApiVersion"]], [VERSION, "1.51"]);
  });

  it("prints both for people, the server's as far as it says them", async () => {
    const { out } = await runCli(["version"], { answers, env: { DOCKER_CONTEXT: "far" } });
    assert.match(
      out,
      /^Client:\n Version: {11}\S+\n API version: {7}1\.51\n(.*\n)* Context: {11}far\n\nServer:\n Engine:\n/,
    );
    assert.match(
      out,
      /\n {2}API version: {6}1\.48 \(minimum version 1\.24\)\n {2}Go version: {7}go1\.27\n {2}OS\/Arch: /,
    );
  });

  it("prints the client's when no daemon answers, and fails", async () => {
    const { out, err, code } = await runCli(["version"], { answers: unreachable });
    assert.match(out, /^Client:\n(?!(.*\n)*Server)/);
    assert.match(err, /unix:\/\/\/x/);
    assert.equal(code, 1);
  });
});
