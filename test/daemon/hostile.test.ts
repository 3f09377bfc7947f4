import assert from "node:assert/strict";
import { connect } from "node:net";
import { after, before, describe, it } from "mocha";
import { DaemonRig } from "./support/daemon-rig.ts";

/** A request as its bytes are, and the first line of the answer; "" when the connection ends without one. */
type Raw = readonly [title: string, bytes: string, answer: RegExp];
/** A request with a JSON body that is refused with this status, and words of its message. */
type Refused = readonly [method: string, path: string, body: unknown, status: number, message: RegExp];

const CREATE = ["POST", "/containers/create"] as const;
const create = (fields: object, message: RegExp, status = 400): Refused => [
  ...CREATE,
  { Image: "busybox", ...fields },
  status,
  message,
];
const host = (fields: object, message: RegExp, status = 400): Refused =>
  create({ HostConfig: fields }, message, status);

const REGISTRY = "/slipway/v1/registry";
const collect = (fields: object) => ({ graceMs: 0, untagged: false, dryRun: true, ...fields });

const REFUSED: readonly Refused[] = [
  create({ Image: "" }, /no image specified/),
  create({ Image: 7 }, /invalid Image/),
  create({ Image: "../../etc/passwd" }, /invalid reference format/),
  create({ Image: "UPPER" }, /must be lowercase/),
  create({ Image: "a".repeat(5000) }, /invalid reference|must not be more/),
  create({ Cmd: [1] }, /invalid Cmd/),
  create({ Cmd: { a: 1 } }, /invalid Cmd/),
  create({ Env: "A=1" }, /invalid Env/),
  create({ Labels: { a: 1 } }, /invalid Labels/),
  create({ Volumes: [] }, /invalid Volumes/),
  create({ StopTimeout: "soon" }, /invalid StopTimeout/),
  create({ Healthcheck: { Test: "x" } }, /invalid Healthcheck/),
  create({ Nosuch: true }, /Nosuch is not supported/),
  create({ HostConfig: [] }, /invalid HostConfig/),
  create({ HostConfig: "x" }, /invalid HostConfig/),
  host({ Memory: -1.5 }, /invalid HostConfig.Memory/),
  host({ Binds: "a:b" }, /invalid HostConfig.Binds/),
  host({ Binds: ["relative/x:/y"] }, /./),
  host({ Binds: ["/x:relative"] }, /./),
  host({ Binds: ["a:b:c:d:e"] }, /./),
  host({ PortBindings: { "80/tcp": "x" } }, /invalid HostConfig.PortBindings/),
  host({ RestartPolicy: { Name: "sometimes" } }, /invalid HostConfig.RestartPolicy/),
  host({ CapAdd: ["NOSUCH"] }, /unknown capability/),
  host({ SecurityOpt: ["nosuch"] }, /security-opt/),
  host({ Nosuch: 1 }, /HostConfig.Nosuch is not supported/),
  host({ Mounts: [{ Type: "nosuch", Target: "/x" }] }, /./),
  host({ Mounts: "x" }, /./),
  ["POST", "/containers/create?name=..%2F..%2Fx", { Image: "busybox" }, 400, /Invalid container name/],
  ["POST", "/containers/create?name=a%00b", { Image: "busybox" }, 400, /Invalid container name/],
  ["POST", "/containers/create", [], 400, /./],
  ["POST", "/containers/create", 7, 400, /./],
  ["POST", "/containers/create", null, 400, /./],
  ["POST", "/containers/..%2F..%2Fetc/start", undefined, 404, /No such container/],
  ["GET", "/containers/%00/json", undefined, 404, /No such container/],
  ["GET", `/containers/${"a".repeat(3000)}/json`, undefined, 404, /No such container/],
  ["POST", "/containers/x/stop?t=soon", undefined, 400, /invalid t/],
  ["POST", "/containers/x/resize?h=99999999999999999&w=1", undefined, 400, /invalid h/],
  ["POST", "/containers/x/wait?condition=never", undefined, 400, /invalid condition/],
  ["GET", "/containers/json?filters=%7B", undefined, 400, /invalid filters/],
  ["GET", "/containers/json?filters=7", undefined, 400, /invalid filters/],
  [
    "GET",
    "/containers/json?filters=%7B%22nosuch%22%3A%5B%22x%22%5D%7D",
    undefined,
    400,
    /invalid filter 'nosuch'/,
  ],
  ["GET", "/containers/json?limit=many", undefined, 400, /invalid limit/],
  ["GET", "/images/json?filters=%7B%22dangling%22%3A%5B%22perhaps%22%5D%7D", undefined, 400, /dangling/],
  ["GET", "/images/..%2F..%2Fetc%2Fpasswd/json", undefined, 400, /invalid reference format/],
  ["DELETE", "/images/%2e%2e", undefined, 400, /invalid reference format/],
  ["POST", "/images/create", undefined, 400, /neither fromImage nor fromSrc/],
  ["POST", "/images/create?fromImage=a%20b", undefined, 400, /invalid reference format/],
  ["POST", "/images/create?fromSrc=file:%2F%2F%2Fetc%2Fpasswd", undefined, 400, /no http or https URL/],
  ["POST", "/images/create?fromImage=x&platform=a%2Fb%2Fc%2Fd", undefined, 400, /./],
  ["POST", "/images/busybox/tag?repo=UP&tag=1", undefined, 400, /must be lowercase/],
  ["GET", "/images/get?names=nosuch", undefined, 404, /No such image/],
  ["POST", "/images/prune?filters=%7B%22until%22%3A%5B%22x%22%5D%7D", undefined, 400, /until/],
  ["POST", "/images/load", "no archive", 400, /./],
  ["POST", "/commit?container=nosuch", undefined, 404, /No such container/],
  ["POST", "/commit?container=nosuch", { Nosuch: 1 }, 400, /Nosuch is not supported/],
  ["POST", "/containers/nosuch/exec", { Cmd: ["x"] }, 404, /No such container/],
  ["POST", "/containers/nosuch/exec", { Cmd: "x" }, 400, /invalid Cmd/],
  ["POST", "/exec/nosuch/start", { Detach: "x" }, 400, /invalid Detach/],
  ["POST", "/exec/nosuch/start", {}, 404, /No such exec instance/],
  ["GET", "/exec/nosuch/json", undefined, 404, /No such exec instance/],
  ["GET", "/events?since=never", undefined, 400, /invalid since/],
  ["GET", "/system/df?type=nosuch", undefined, 400, /invalid type/],
  ["POST", `${REGISTRY}/users`, { password: "x", grants: [] }, 400, /invalid name/],
  ["POST", `${REGISTRY}/users?name=x`, { password: 7, grants: [] }, 400, /^invalid password: /],
  ["POST", `${REGISTRY}/users?name=x`, { password: "x" }, 400, /^invalid grants: /],
  ["POST", `${REGISTRY}/users?name=x`, { password: "x", grants: [], nosuch: 1 }, 400, /nosuch/],
  ["POST", `${REGISTRY}/users?name=x%0Ay:z`, { password: "x", grants: [] }, 400, /invalid user name/],
  ["POST", `${REGISTRY}/users?name=*`, { password: "x", grants: [] }, 400, /a meaning in policies/],
  ["POST", `${REGISTRY}/users?name=x`, { password: "x\0", grants: [] }, 400, /NUL/],
  ["POST", `${REGISTRY}/users?name=x`, undefined, 400, /expected object/],
  ["DELETE", `${REGISTRY}/users?name=..%2F..%2Fhtpasswd`, undefined, 404, /no such registry user/],
  ["POST", `${REGISTRY}/rules`, { repositories: ["a"], actions: ["pull"] }, 400, /users/],
  [
    "POST",
    `${REGISTRY}/rules?user=x`,
    { repositories: ["a"], actions: ["eat"] },
    400,
    /^invalid actions.0: /,
  ],
  ["POST", `${REGISTRY}/rules?user=x`, { repositories: [], actions: ["pull"] }, 400, /repositories/],
  [
    "POST",
    `${REGISTRY}/rules?user=x`,
    { repositories: ["../a\n"], actions: ["pull"] },
    400,
    /repository's name/,
  ],
  ["DELETE", `${REGISTRY}/rules?user=x&repository=a`, undefined, 404, /no rule of the policy is for x in a/],
  ["POST", `${REGISTRY}/tokens?name=x`, { grants: [], expiresAt: "soon" }, 400, /^invalid expiresAt: /],
  ["POST", `${REGISTRY}/tokens?name=x`, { grants: [], secret: "mine" }, 400, /secret/],
  ["DELETE", `${REGISTRY}/tokens?name=x`, undefined, 404, /no such registry token/],
  [
    "POST",
    `${REGISTRY}/collect`,
    { graceMs: "1h", untagged: false, dryRun: true },
    400,
    /^invalid graceMs: /,
  ],
  ["POST", `${REGISTRY}/collect`, collect({ directory: "/etc" }), 400, /directory/],
  ["POST", `${REGISTRY}/collect`, collect({ retention: "/etc/passwd" }), 400, /^invalid retention: /],
  ["POST", `${REGISTRY}/collect`, collect({ retention: { file: "r", text: "{" } }), 400, /^r:1: /],
  ["POST", "/auth", { username: 7 }, 400, /invalid username/],
  ["GET", "/swarm", undefined, 503, /not a swarm manager/],
  ["POST", "/services/create", {}, 503, /not a swarm manager/],
  ["GET", "/plugins/..%2Fx/json", undefined, 404, /not found/],
  ["GET", `/${"x".repeat(20_000)}`, undefined, 400, /URI too long/],
  ["GET", "//info", undefined, 404, /page not found/],
  ["GET", "/v1.44", undefined, 404, /page not found/],
  ["GET", "/v99999.1/info", undefined, 400, /too new/],
  ["GET", "/v1.44/../info", undefined, 404, /page not found/],
];

const RAW: readonly Raw[] = [
  ["is no HTTP", "\x16\x03\x01\x02\x00\x01\x00\r\n\r\n", /^HTTP\/1\.1 400 /],
  ["has no host", "GET /_ping HTTP/1.1\r\n\r\n", /^HTTP\/1\.1 400 /],
  [
    "has both lengths",
    "POST /auth HTTP/1.1\r\nHost: d\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n{}",
    /^HTTP\/1\.1 400 /,
  ],
  [
    "has two lengths",
    "POST /auth HTTP/1.1\r\nHost: d\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}",
    /^HTTP\/1\.1 400 /,
  ],
  [
    "has a negative length",
    "POST /auth HTTP/1.1\r\nHost: d\r\nContent-Length: -1\r\n\r\n",
    /^HTTP\/1\.1 400 /,
  ],
  [
    "has headers without end",
    `GET /_ping HTTP/1.1\r\nHost: d\r\nX: ${"y".repeat(80_000)}\r\n\r\n`,
    /^HTTP\/1\.1 431 /,
  ],
  [
    "has a broken chunk",
    "POST /auth HTTP/1.1\r\nHost: d\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    /^(?:HTTP\/1\.1 400 .*)?$/,
  ],
  [
    "asks for an upgrade of what cannot be",
    "GET /_ping HTTP/1.1\r\nHost: d\r\nConnection: Upgrade\r\nUpgrade: nosuch\r\n\r\n",
    /^HTTP\/1\.1 200 /,
  ],
  [
    "upgrades with a body in chunks",
    "POST /containers/x/attach HTTP/1.1\r\nHost: d\r\nConnection: Upgrade\r\nUpgrade: tcp\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    /^HTTP\/1\.1 40[04] /,
  ],
  [
    "attaches to nothing",
    "POST /containers/x/attach?stream=1 HTTP/1.1\r\nHost: d\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n",
    /^HTTP\/1\.1 404 /,
  ],
];

describe("hostile requests to the daemon", () => {
  let daemon: DaemonRig;
  before(async function () {
    daemon = await DaemonRig.open(this);
  });
  after(() => daemon?.[Symbol.asyncDispose]());

  for (const [method, path, body, status, message] of REFUSED) {
    const shown = `${method} ${path.slice(0, 70)} ${body === undefined ? "" : JSON.stringify(body).slice(0, 70)}`;
    it(`are refused: ${shown}`, async () => {
      const answer = await daemon.request(
        method,
        path,
        body === undefined ? {} : { body: JSON.stringify(body) },
      );
      assert.equal(answer.status, status, answer.text);
      assert.match((JSON.parse(answer.text) as { readonly message: string }).message, message);
    });
  }

  for (const [title, bytes, answer] of RAW)
    it(`are answered, or the connection ends: one that ${title}`, async () => {
      assert.match(await firstLine(daemon.socket, bytes), answer);
    });

  it("are answered soon, whatever pattern they search for", async () => {
    const long = `${"a".repeat(60)}_`;
    const document = async (method: string, path: string, body?: object) => {
      const given = body === undefined ? {} : { body: JSON.stringify(body) };
      const { status, text } = await daemon.request(method, path, given);
      assert.ok(status < 300, text);
      return text === "" ? undefined : (JSON.parse(text) as unknown);
    };
    const filters = (name: string, values: readonly string[]) =>
      `filters=${encodeURIComponent(JSON.stringify({ [name]: values }))}`;
    await document("POST", `/containers/create?name=${long}`, {
      Image: "busybox",
      Labels: { [long]: "x" },
      HostConfig: { LogConfig: { Type: "json-file", Config: { "labels-regex": "^(a+)+$" } } },
    });
    await document("POST", "/networks/create", { Name: long });
    await document("POST", `/images/busybox/tag?repo=${"a".repeat(60)}`);
    // With an engine that tries one way after the other each of these takes years.
    for (const pattern of ["^(a+)+$", "(.*a){30}b"]) {
      assert.deepEqual(await document("GET", `/containers/json?all=1&${filters("name", [pattern])}`), []);
      assert.deepEqual(await document("GET", `/networks?${filters("name", [pattern])}`), []);
    }
    const globs = `${"*a".repeat(25)}b`;
    assert.deepEqual(await document("GET", `/images/json?${filters("reference", [globs])}`), []);
    await document("DELETE", `/containers/${long}`);
    await document("DELETE", `/networks/${long}`);
  });

  it("leave the daemon as it was", async () => {
    assert.equal((await daemon.request("GET", "/_ping")).status, 200);
    assert.equal((await daemon.request("GET", "/containers/json?all=1")).text, "[]\n");
  });
});

function firstLine(path: string, bytes: string): Promise<string> {
  return new Promise((resolve) => {
    let text = "";
    const socket = connect(path, () => socket.end(bytes, "latin1"));
    const done = (): void => resolve(text.split("\r\n", 1)[0] ?? "");
    socket.on("data", (chunk) => {
      text += chunk.toString("latin1");
    });
    socket.once("error", done);
    socket.once("close", done);
  });
}
