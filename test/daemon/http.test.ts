import assert from "node:assert/strict";
import { after, before, describe, it } from "mocha";
import { DaemonRig } from "./support/daemon-rig.ts";

describe("the daemon's HTTP", () => {
  let daemon: DaemonRig;
  before(async function () {
    daemon = await DaemonRig.open(this);
  });
  after(() => daemon?.[Symbol.asyncDispose]());

  const refused: readonly {
    readonly title: string;
    readonly request: readonly [method: string, path: string];
    readonly body?: string | Buffer;
    readonly headers?: Readonly<Record<string, string>>;
    readonly status: number;
    readonly message: string | RegExp;
  }[] = [
    { title: "an unknown path", request: ["GET", "/v1.44/nope"], status: 404, message: "page not found" },
    { title: "a wrong method", request: ["PUT", "/v1.44/info"], status: 404, message: "page not found" },
    {
      title: "a version that is too old",
      request: ["GET", "/v1.23/info"],
      status: 400,
      message:
        "client version 1.23 is too old. Minimum supported API version is 1.24, please upgrade your client to a newer version",
    },
    {
      title: "a version that is too new",
      request: ["GET", "/v1.99/info"],
      status: 400,
      message: "client version 1.99 is too new. Maximum supported API version is 1.51",
    },
    {
      title: "a body that is no JSON",
      request: ["POST", "/containers/create"],
      body: "{",
      status: 400,
      message: /^invalid JSON: /,
    },
    {
      title: "a body that is no JSON, without quoting it",
      request: ["POST", "/auth"],
      body: '{"username":"ann","password":secret}',
      status: 400,
      message: "invalid JSON: Unexpected token 's'",
    },
    {
      title: "a body of another type",
      request: ["POST", "/containers/create"],
      body: "{}",
      headers: { "content-type": "text/plain" },
      status: 400,
      message: "unsupported Content-Type header (text/plain): must be 'application/json'",
    },
    {
      title: "a field of a wrong type",
      request: ["POST", "/containers/create"],
      body: '{"Image":"busybox","HostConfig":{"Memory":"much"}}',
      status: 400,
      message: /^invalid HostConfig.Memory: /,
    },
    {
      title: "a body that is too large",
      request: ["POST", "/containers/create"],
      body: JSON.stringify({ Image: "x".repeat(5 << 20) }),
      status: 400,
      message: /^request body too large: /,
    },
    {
      title: "a container that is not there",
      request: ["GET", "/containers/nope/json"],
      status: 404,
      message: "No such container: nope",
    },
    {
      title: "an image that is not there",
      request: ["POST", "/containers/create"],
      body: '{"Image":"nope"}',
      status: 404,
      message: "No such image: nope:latest",
    },
    {
      title: "a broken escape",
      request: ["GET", "/containers/%zz/json"],
      status: 400,
      message: /^invalid URL escape in the path/,
    },
    {
      title: "logs of no stream",
      request: ["GET", "/containers/x/logs"],
      status: 400,
      message: "Bad parameters: you must choose at least one stream",
    },
  ];
  for (const { title, request, body, headers, status, message } of refused) {
    it(`refuses ${title}`, async () => {
      const options = {
        ...(body === undefined ? {} : { body }),
        ...(headers === undefined ? {} : { headers }),
      };
      const answer = await daemon.request(...request, options);
      assert.equal(answer.status, status);
      assert.equal(answer.headers["content-type"], "application/json");
      const said = (JSON.parse(answer.text) as { message: string }).message;
      if (typeof message === "string") assert.equal(said, message);
      else assert.match(said, message);
    });
  }

  it("says what it speaks on every answer", async () => {
    for (const [method, path] of [
      ["GET", "/_ping"],
      ["HEAD", "/_ping"],
      ["GET", "/v1.24/_ping"],
    ] as const) {
      const { status, headers, text } = await daemon.request(method, path);
      assert.deepEqual([status, text], [200, method === "HEAD" ? "" : "OK"]);
      assert.equal(headers["api-version"], "1.51");
      assert.equal(headers["ostype"], "linux");
      assert.equal(headers["builder-version"], "2");
      assert.match(String(headers["server"]), /^Slipway\//);
    }
  });
});
