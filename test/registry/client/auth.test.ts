import assert from "node:assert/strict";
import { describe, it } from "mocha";
import { isCode } from "../../../core/errors.ts";
import { parseChallenges } from "../../../registry/client/auth/challenge.ts";
import type { Credentials } from "../../../registry/client/auth/credentials.ts";
import { requestToken } from "../../../registry/client/auth/token-request.ts";
import { formatScope, mergeScopes, parseScopes } from "../../../registry/shared/scope.ts";
import { TestStore } from "../../store/support.ts";
import { FakeRegistry } from "./fake-registry.ts";
import { makeImage, openClient, ref, tarOf } from "./support.ts";

describe("WWW-Authenticate", () => {
  const cases: readonly [header: string, challenges: ReturnType<typeof parseChallenges>][] = [
    ['Basic realm="x"', [{ scheme: "basic", parameters: { realm: "x" } }]],
    [
      'Bearer realm="https://a/t",service="s",scope="repository:a/b:pull,push"',
      [
        {
          scheme: "bearer",
          parameters: { realm: "https://a/t", service: "s", scope: "repository:a/b:pull,push" },
        },
      ],
    ],
    [
      'Negotiate, Basic realm="a \\"b\\"", charset=UTF-8',
      [
        { scheme: "negotiate", parameters: {} },
        { scheme: "basic", parameters: { realm: 'a "b"', charset: "UTF-8" } },
      ],
    ],
    ["", []],
    ['Bearer realm="never closed', [{ scheme: "bearer", parameters: {} }]],
  ];
  for (const [header, challenges] of cases)
    it(`reads ${JSON.stringify(header)}`, () => assert.deepEqual(parseChallenges(header), challenges));
});

describe("scopes", () => {
  it("are merged per resource, in one order", () => {
    const merged = mergeScopes(
      parseScopes("repository:b:push repository:a:pull"),
      parseScopes("repository:b:pull nonsense"),
    );
    assert.deepEqual(merged.map(formatScope), ["repository:a:pull", "repository:b:pull,push"]);
  });
});

/** Makes the registry ask for a token "for <scopes>" of joe's or of nobody's. */
function protect(
  registry: FakeRegistry,
  options: { readonly expires?: number; readonly basic?: boolean } = {},
): void {
  const realm = `Bearer realm="http://${registry.host}/token",service="fake"`;
  registry.intercept = ({ url, headers, method }, response, body) => {
    const { pathname, searchParams } = new URL(url, "http://x");
    const end = (status: number, content: object, extra: Record<string, string> = {}): true => {
      response
        .writeHead(status, { "content-type": "application/json", ...extra })
        .end(JSON.stringify(content));
      return true;
    };
    if (pathname === "/token") {
      const joe = `Basic ${Buffer.from("joe:secret").toString("base64")}`;
      if (headers.authorization !== undefined && headers.authorization !== joe)
        return end(401, { details: "incorrect username or password" });
      const form = new URLSearchParams(body.toString());
      const refresh = method === "POST" && form.get("refresh_token") === "again";
      const who = headers.authorization === joe || refresh ? "joe" : "nobody";
      const scopes = method === "POST" ? (form.get("scope") ?? "") : searchParams.getAll("scope").join(" ");
      const token = Buffer.from(`${who} ${scopes}`).toString("hex");
      return end(200, { token, expires_in: options.expires ?? 300 });
    }
    const [scheme, token = ""] = (headers.authorization ?? "").split(" ");
    const granted = scheme === "Bearer" ? Buffer.from(token, "hex").toString() : "";
    const [, repository] = /^\/v2\/(.+?)\/(?:manifests|blobs)\//.exec(pathname) ?? [];
    const need = method === "GET" || method === "HEAD" ? "pull" : "push";
    if (repository === undefined ? granted !== "" : allows(granted, repository, need)) return false;
    const scope = repository === undefined ? "" : `,scope="repository:${repository}:pull,push"`;
    return end(
      401,
      { errors: [{ code: "UNAUTHORIZED", message: "authentication required" }] },
      {
        "www-authenticate": realm + scope,
      },
    );
  };
}

const allows = (granted: string, repository: string, action: string): boolean =>
  (granted.startsWith("joe ") || action === "pull") &&
  parseScopes(granted).some(({ name, actions }) => name === repository && actions.includes(action));

const asJoe = (credentials: Credentials | undefined) => ({ credentials: { get: async () => credentials } });

describe("authentication", () => {
  it("pulls with a token for nobody", async () => {
    await using registry = await FakeRegistry.start();
    await using opened = await TestStore.open();
    registry.addImage("app", "1", [tarOf("a", "one")]);
    protect(registry);
    await using client = openClient(opened.store);
    await client.pull(ref(`${registry.host}/app:1`));
    assert.equal(registry.count("GET /token"), 1, "one token serves the whole pull");
    assert.equal(registry.count("GET /token?service=fake&scope=repository%3Aapp%3Apull"), 1);
  });

  for (const [title, credentials, method] of [
    ["password", { username: "joe", password: "secret" }, "GET"],
    ["identity token", { identityToken: "again" }, "POST"],
  ] as const) {
    it(`pushes with a token for a ${title}`, async () => {
      await using registry = await FakeRegistry.start();
      await using opened = await TestStore.open();
      const name = `${registry.host}/app:1`;
      await makeImage(opened.store, name, [tarOf("a", "one")]);
      protect(registry);
      await using client = openClient(opened.store, asJoe(credentials));
      await client.push(ref(name));
      assert.equal(registry.count(`${method} /token`), 1);
    });
  }

  it("gets a new token when the old one has ended", async () => {
    await using registry = await FakeRegistry.start();
    await using opened = await TestStore.open();
    registry.addImage("app", "1", [tarOf("a", "one")]);
    protect(registry, { expires: 1 });
    await using client = openClient(opened.store);
    await client.pull(ref(`${registry.host}/app:1`));
    assert.ok(registry.count("GET /token") >= 3);
  });

  it("is told when the password is wrong", async () => {
    await using registry = await FakeRegistry.start();
    await using opened = await TestStore.open();
    protect(registry);
    await using client = openClient(opened.store);
    const wrong = client.verify(registry.host, { username: "joe", password: "wrong" });
    await assert.rejects(wrong, (error: Error) => {
      assert.ok(isCode(error, "REGISTRY_UNAUTHORIZED"));
      assert.match(error.message, /unauthorized: incorrect username or password$/);
      assert.ok(!error.message.includes("wrong"));
      return true;
    });
    const right = { username: "joe", password: "secret" };
    assert.deepEqual(await client.verify(registry.host, right), right);
  });

  it("shows its credentials to the registry alone, not to where that sends it", async () => {
    await using registry = await FakeRegistry.start();
    await using storage = await FakeRegistry.start();
    await using opened = await TestStore.open();
    registry.addImage("app", "1", [tarOf("a", "one")]);
    for (const [digest, blob] of registry.blobs) storage.blobs.set(digest, blob);
    const basic = `Basic ${Buffer.from("joe:secret").toString("base64")}`;
    registry.intercept = ({ url, headers }, response) => {
      if (headers.authorization !== basic) {
        response.writeHead(401, { "www-authenticate": 'Basic realm="x"' }).end();
        return true;
      }
      if (!url.includes("/blobs/")) return false;
      response.writeHead(307, { location: `http://${storage.host}${url}` }).end();
      return true;
    };
    await using client = openClient(opened.store, asJoe({ username: "joe", password: "secret" }));
    await client.pull(ref(`${registry.host}/app:1`));
    assert.equal(storage.requests.length, 2);
    assert.deepEqual(
      storage.headers.map(({ authorization }) => authorization),
      [undefined, undefined],
    );
  });

  it("says no password aloud for a registry that is reached by TLS", async () => {
    const [challenge] = parseChallenges('Bearer realm="http://auth.example/token"');
    assert.ok(challenge);
    const send = () => assert.fail("nothing may be sent");
    const credentials = { username: "joe", password: "secret" };
    await assert.rejects(requestToken(send, { challenge, scopes: [], credentials, secure: true }), {
      code: "REGISTRY_ANSWER_INVALID",
    });
  });
});
