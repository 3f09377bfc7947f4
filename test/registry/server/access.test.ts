import assert from "node:assert/strict";
import { after, before, describe, it } from "mocha";
import { digestOf } from "../../../core/digest.ts";
import { hashSecret, newSecret } from "../../../registry/access/robot-tokens.ts";
import { GuardedRegistry } from "./guarded.ts";

const USERS = { ann: "a secret", ben: "another" };
const RULES = [
  { users: ["ann"], repositories: ["team/**"], actions: ["pull", "push", "catalog"] },
  { users: ["ben"], repositories: ["**"], actions: ["pull"] },
  { users: ["anonymous"], repositories: ["public/*"], actions: ["pull"] },
] as const;
const ANN = "ann:a secret";
const BEN = "ben:another";
const SECRET = newSecret();
const ROBOT = {
  name: "ci",
  hash: hashSecret(SECRET),
  createdAt: new Date(),
  expiresAt: new Date(Date.now() + 3_600_000),
  grants: [{ repositories: ["ci/*"], actions: ["pull", "push"] }],
} as const;
const CI = `ci:${SECRET}`;
const HELLO = digestOf("hello");

const open = () => GuardedRegistry.open({ users: USERS, rules: RULES, robots: [ROBOT] });
const pull = (repository: string) => `/v2/${repository}/tags/list`;
const push = (repository: string) => `/v2/${repository}/blobs/uploads/?digest=${HELLO}`;

describe("access to a registry", () => {
  let guarded: GuardedRegistry;
  before(async () => {
    guarded = await open();
    for (const repository of ["team/app", "public/app", "other/app"])
      await guarded.registry.storage.metadata.linkBlob(repository, { digest: HELLO, size: 5 });
  });
  after(() => guarded[Symbol.asyncDispose]());

  for (const [who, as, rows] of [
    [
      "nobody",
      undefined,
      [
        ["GET", "/v2/", 401],
        ["GET", "/healthz", 200],
        ["GET", pull("public/app"), 200],
        ["GET", pull("team/app"), 401],
        ["POST", push("public/app"), 401],
        ["DELETE", `/v2/public/app/blobs/${HELLO}`, 401],
        ["GET", "/v2/_catalog", 401],
      ],
    ],
    [
      "ann",
      ANN,
      [
        ["GET", "/v2/", 200],
        ["GET", pull("team/app"), 200],
        ["GET", pull("public/app"), 200],
        ["GET", pull("other/app"), 403],
        ["POST", push("team/deep/app"), 201],
        ["POST", push("team"), 403],
        ["POST", push("teams/app"), 403],
        ["POST", push("public/app"), 403],
        ["DELETE", `/v2/team/app/blobs/${HELLO}`, 403],
        ["GET", "/v2/_catalog", 200],
      ],
    ],
    [
      "ben",
      BEN,
      [
        ["GET", pull("other/app"), 200],
        ["POST", push("other/app"), 403],
        ["GET", "/v2/_catalog", 403],
      ],
    ],
    [
      "a robot",
      CI,
      [
        ["POST", push("ci/app"), 201],
        ["GET", pull("public/app"), 200],
        ["GET", pull("team/app"), 403],
      ],
    ],
  ] as const)
    for (const [method, path, status] of rows)
      it(`answers ${status} to ${method} ${path.replace(/\?.*/, "")} of ${who}`, async () => {
        const reply = await guarded.send(method, path, {
          as,
          ...(method === "POST" ? { body: "hello" } : {}),
        });
        assert.equal(reply.status, status, reply.body.toString());
        if (status === 401) assert.deepEqual(reply.codes, ["UNAUTHORIZED"]);
        if (status === 403) assert.deepEqual(reply.codes, ["DENIED"]);
      });

  for (const [title, as] of [
    ["a wrong password", "ann:wrong"],
    ["a user there is none", "eve:a secret"],
    ["a secret of no robot", `ci:${newSecret()}`],
    ["another's secret", `ann:${SECRET}`],
  ] as const)
    it(`tells nothing but "wrong" to ${title}`, async () => {
      const { status, body } = await guarded.send("GET", "/v2/", { as });
      assert.equal(status, 401);
      assert.match(body.toString(), /"incorrect username or password"/);
      guarded.advance(60_001);
    });

  it("says where to get a token, and for what", async () => {
    const { headers } = await guarded.send("POST", `${push("team/app")}&from=public/app`);
    const host = `127.0.0.1:${guarded.registry.port}`;
    assert.equal(
      headers["www-authenticate"],
      `Bearer realm="http://${host}/token",service="slipway-registry",scope="repository:team/app:pull,push repository:public/app:pull"`,
    );
  });

  it("gives tokens for what may be had of what is asked for, to nobody too", async () => {
    const scopes = [
      "repository:team/app:pull,push,delete",
      "repository:other/app:pull",
      "registry:catalog:*",
    ];
    const anns = await guarded.token(scopes, ANN);
    for (const [path, status] of [
      [pull("team/app"), 200],
      [pull("other/app"), 403],
      ["/v2/_catalog", 200],
      ["/v2/", 200],
    ] as const)
      assert.equal((await guarded.send("GET", path, { as: anns })).status, status, path);
    const anybodys = await guarded.token(["repository:public/app:pull,push"]);
    assert.equal((await guarded.send("GET", pull("public/app"), { as: anybodys })).status, 200);
    const refused = await guarded.send("POST", push("public/app"), { as: anybodys });
    assert.equal(refused.status, 401);
    assert.match(String(refused.headers["www-authenticate"]), /error="insufficient_scope"$/);
  });

  it("limits a token to its scopes, whoever it is for", async () => {
    const as = await guarded.token(["repository:team/app:pull"], ANN);
    const { status, headers } = await guarded.send("POST", push("team/app"), { as });
    assert.equal(status, 401);
    assert.match(
      String(headers["www-authenticate"]),
      /scope="repository:team\/app:pull,push",error="insufficient_scope"$/,
    );
  });

  it("takes a refresh token for as long as its password stands", async () => {
    await using own = await open();
    const post = (form: Readonly<Record<string, string>>) =>
      own.send("POST", "/token", {
        headers: { "content-type": "application/x-www-form-urlencoded" },
        body: new URLSearchParams({ service: "slipway-registry", ...form }).toString(),
      });
    const scope = "repository:team/app:pull";
    const login = { grant_type: "password", username: "ann", password: "a secret", access_type: "offline" };
    const first = JSON.parse((await post({ ...login, scope })).body.toString());
    const refresh = { grant_type: "refresh_token", refresh_token: first.refresh_token, scope };
    const { status, body } = await post(refresh);
    assert.equal(status, 200);
    const as = JSON.parse(body.toString()).access_token;
    await own.registry.pushBlob("team/app", "x");
    assert.equal((await own.send("GET", pull("team/app"), { as })).status, 404);
    own.change({ users: { ...USERS, ann: "a new secret" } });
    assert.equal((await post(refresh)).status, 401);
    assert.equal((await own.send("GET", pull("team/app"), { as })).status, 401);
  });

  it("mounts nothing from where the caller may not pull", async () => {
    await using own = await open();
    await own.send("POST", push("ci/app"), { as: CI, body: "hello" });
    for (const query of [`mount=${HELLO}&from=ci/app`, `mount=${HELLO}`])
      assert.equal((await own.send("POST", `/v2/team/app/blobs/uploads/?${query}`, { as: ANN })).status, 202);
  });

  it("shows in the catalog what the caller may pull", async () => {
    await using own = await open();
    for (const repository of ["team/app", "public/app", "other/app"]) {
      const digest = digestOf(repository);
      await own.registry.storage.metadata.putManifest(repository, {
        digest,
        size: 1,
        mediaType: "application/vnd.oci.image.manifest.v1+json",
        blobs: [],
        manifests: [],
        tags: ["1"],
        sparse: true,
      });
    }
    const { body } = await own.send("GET", "/v2/_catalog", { as: ANN });
    assert.deepEqual(JSON.parse(body.toString()), { repositories: ["public/app", "team/app"] });
  });
});

describe("changes of access while a registry serves", () => {
  it("hold for users, rules and robots, without a restart", async () => {
    await using guarded = await open();
    const status = async (as: string, path: string): Promise<number> =>
      (await guarded.send("GET", path, { as })).status;
    assert.equal(await status(CI, "/v2/"), 200);
    guarded.change({ robots: [] });
    assert.equal(await status(CI, "/v2/"), 401);
    guarded.change({ users: { ben: "another" } });
    assert.equal(await status(ANN, "/v2/"), 401);
    assert.equal(await status(BEN, pull("other/app")), 404);
    guarded.change({ rules: [] });
    assert.equal(await status(BEN, pull("other/app")), 403);
  });

  it("refuse a token of an account that is gone", async () => {
    await using guarded = await open();
    const as = await guarded.token(["repository:ci/app:pull"], CI);
    assert.equal((await guarded.send("GET", pull("ci/app"), { as })).status, 404);
    guarded.change({ robots: [] });
    const { status, headers } = await guarded.send("GET", pull("ci/app"), { as });
    assert.equal(status, 401);
    assert.match(String(headers["www-authenticate"]), /error="invalid_token"$/);
  });

  it("end a robot at its hour", async () => {
    await using guarded = await open();
    guarded.advance(3_600_001);
    assert.equal((await guarded.send("GET", "/v2/", { as: CI })).status, 401);
  });
});

describe("guessing passwords", () => {
  it("gets slower, and locks nobody out who was there before", async () => {
    await using guarded = await open();
    assert.equal((await guarded.send("GET", "/v2/", { as: ANN })).status, 200);
    const seen: number[] = [];
    for (let i = 0; i < 12; i++) seen.push((await guarded.send("GET", "/v2/", { as: `ben:${i}` })).status);
    assert.deepEqual(seen.slice(0, 6), [401, 401, 401, 401, 401, 401]);
    assert.deepEqual(seen.slice(6), [429, 429, 429, 429, 429, 429]);
    const waiting = await guarded.send("GET", "/v2/", { as: BEN });
    assert.deepEqual(
      [waiting.status, waiting.codes, waiting.headers["retry-after"]],
      [429, ["TOOMANYREQUESTS"], "1"],
    );
    assert.equal((await guarded.send("GET", "/v2/", { as: ANN })).status, 200);
    guarded.advance(1_000);
    assert.equal((await guarded.send("GET", "/v2/", { as: BEN })).status, 200);
  });

  it("is as slow at the token service", async () => {
    await using guarded = await open();
    const seen: number[] = [];
    for (let i = 0; i < 8; i++) seen.push((await guarded.send("GET", "/token", { as: `ben:${i}` })).status);
    assert.deepEqual(seen.slice(-2), [429, 429]);
  });
});

describe("a registry without users", () => {
  const remote = (secure: boolean) => ({
    layers: [
      (next: (call: never) => Promise<never>) => (call: object) =>
        next({ ...call, remoteAddress: "192.0.2.7", secure } as never),
    ] as never,
  });
  for (const [title, options, status] of [
    ["serves its own machine", {}, 200],
    ["refuses others", remote(false), 403],
    ["refuses others over TLS too", remote(true), 403],
    ["serves others when it is told to", { ...remote(false), anonymous: true }, 200],
    ["takes no password in the clear", { ...remote(false), users: USERS }, 403],
    ["takes one when something in front ends TLS", { ...remote(false), users: USERS, plainHttp: true }, 401],
    ["takes one over TLS", { ...remote(true), users: USERS }, 401],
  ] as const)
    it(title, async () => {
      await using guarded = await GuardedRegistry.open(options);
      assert.equal((await guarded.send("GET", "/v2/")).status, status);
    });
});
