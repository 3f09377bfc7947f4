import assert from "node:assert/strict";
import { generateKeyPairSync, randomBytes } from "node:crypto";
import { SignJWT, UnsecuredJWT } from "jose";
import { after, before, describe, it } from "mocha";
import { digestOf } from "../../../core/digest.ts";
import { SERVICE } from "../../../registry/server/access/token-issuer.ts";
import { GuardedRegistry } from "./guarded.ts";
import type { Reply } from "./support.ts";

const ACCESS = [{ type: "repository", name: "team/app", actions: ["pull", "push"] }];
const HELLO = digestOf("hello");
const TAGS = "/v2/team/app/tags/list";
const ANN = "ann:a secret";

/** Claims of a token that would be good, with some of them changed; undefined takes one out. */
type Claims = Readonly<Record<string, unknown>>;
interface Made {
  readonly guarded: GuardedRegistry;
  /** The stamp of ann's password, read from a token of hers. */
  readonly stamp: string;
  /** A token of hers, as it was given out. */
  readonly given: string;
}

const claims = ({ guarded, stamp }: Made, changed: Claims): Claims => {
  const now = Math.floor(guarded.now / 1000);
  const times = { iat: now, nbf: now, exp: now + 300 };
  const good = { iss: SERVICE, aud: SERVICE, sub: "ann", jti: "x", ...times, stamp, access: ACCESS };
  return Object.fromEntries(
    Object.entries({ ...good, ...changed }).filter(([, value]) => value !== undefined),
  );
};
const signed = (made: Made, changed: Claims = {}, header: Claims = {}, key: unknown = made.guarded.key) =>
  new SignJWT(claims(made, changed) as never)
    .setProtectedHeader({ alg: "HS256", typ: "at+jwt", ...header })
    .sign(key as Uint8Array);
const seconds = (made: Made, offset: number): number => Math.floor(made.guarded.now / 1000) + offset;
/** The parts of a token, one of them changed. */
const tampered = (
  token: string,
  part: 0 | 1 | 2,
  change: (document: Record<string, unknown>) => object,
): string => {
  const parts = token.split(".");
  const document = JSON.parse(Buffer.from(parts[part] ?? "", "base64url").toString());
  parts[part] = Buffer.from(JSON.stringify(change(document))).toString("base64url");
  return parts.join(".");
};
const widened = (document: Record<string, unknown>) => ({
  ...document,
  access: [{ type: "repository", name: "team/app", actions: ["pull", "push", "delete"] }],
});

/** Each is refused with 401, "invalid_token", in words of our own. */
const TOKENS: Readonly<Record<string, (made: Made) => string | Promise<string>>> = {
  "without a signature, alg none": (made) =>
    tampered(new UnsecuredJWT(claims(made, {}) as never).encode(), 0, () => ({ alg: "none", typ: "at+jwt" })),
  "of alg none that keeps a signature": ({ given }) =>
    tampered(given, 0, (header) => ({ ...header, alg: "none" })),
  "signed with another key": (made) => signed(made, {}, {}, randomBytes(32)),
  "signed with an empty key's worth of zeros": (made) => signed(made, {}, {}, new Uint8Array(32)),
  "of another HMAC": (made) =>
    signed(made, {}, { alg: "HS512" }, Buffer.concat([made.guarded.key, made.guarded.key])),
  "of a public key's algorithm": (made) =>
    signed(made, {}, { alg: "ES256" }, generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey),
  "that brings its own key": (made) =>
    signed(made, {}, { jwk: { kty: "oct", k: "AAAA" }, kid: "../../etc/passwd" }, randomBytes(32)),
  "that has expired": (made) => signed(made, { exp: seconds(made, -60) }),
  "that never expires": (made) => signed(made, { exp: undefined }),
  "of tomorrow": (made) => signed(made, { nbf: seconds(made, 86_400) }),
  "of another issuer": (made) => signed(made, { iss: "auth.example" }),
  "for another service": (made) => signed(made, { aud: "registry.example" }),
  "for nobody": (made) => signed(made, { sub: undefined }),
  "for a user there is none": (made) => signed(made, { sub: "eve" }),
  "for another user with ann's stamp": (made) => signed(made, { sub: "ben" }),
  "for whoever has not logged in, with a stamp": (made) => signed(made, { sub: "" }),
  "of an earlier password": (made) => signed(made, { stamp: "AAAAAAAAAAAAAAAA" }),
  "of another type": (made) => signed(made, {}, { typ: "JWT" }),
  "that is for refreshing": async ({ guarded, stamp }) =>
    guarded.issuer.refresh({ name: "ann", stamp, allows: () => true }),
  "whose scope was widened": ({ given }) => tampered(given, 1, widened),
  "whose subject was changed": ({ given }) => tampered(given, 1, (payload) => ({ ...payload, sub: "root" })),
  "whose signature was cut": ({ given }) => given.slice(0, -4),
  "whose access is no list": (made) => signed(made, { access: "repository:team/app:pull" }),
  "whose critical header nobody knows": ({ given }) =>
    tampered(given, 0, (header) => ({ ...header, crit: ["x"], x: 1 })),
  "of 20 parts": () => Array.from({ length: 20 }, () => "e30").join("."),
  "that is no JSON": () => "AAAA.BBBB.CCCC",
  "of one part": () => "token",
};

describe("hostile tokens", () => {
  let made: Made;
  before(async () => {
    const guarded = await GuardedRegistry.open({
      users: { ann: "a secret", ben: "another" },
      rules: [{ users: ["ann", "ben"], repositories: ["team/*"], actions: ["pull", "push"] }],
    });
    await guarded.registry.storage.metadata.linkBlob("team/app", { digest: HELLO, size: 5 });
    const given = await guarded.token(["repository:team/app:pull,push"], ANN);
    const { stamp } = JSON.parse(Buffer.from(given.split(".")[1] ?? "", "base64url").toString());
    made = { guarded, stamp, given };
  });
  after(() => made.guarded[Symbol.asyncDispose]());

  it("are changed ones of a token that is good", async () => {
    assert.equal((await made.guarded.send("GET", TAGS, { as: await signed(made) })).status, 200);
  });

  for (const [title, make] of Object.entries(TOKENS))
    it(`answers 401 to a token ${title}`, async () => {
      const as = await make(made);
      for (const [method, path] of [
        ["GET", TAGS],
        ["POST", "/v2/team/app/blobs/uploads/"],
      ] as const) {
        const { status, codes, headers, body } = await made.guarded.send(method, path, { as });
        assert.deepEqual([status, codes], [401, ["UNAUTHORIZED"]], body.toString());
        assert.match(String(headers["www-authenticate"]), /error="invalid_token"$/);
      }
    });

  for (const [title, authorization, codes] of [
    ["a token of 13 KB", `Bearer ${"a".repeat(13_000)}`, ["UNAUTHORIZED"]],
    ["no known scheme", "Negotiate abc", ["UNAUTHORIZED"]],
    ["Basic without a colon", `Basic ${Buffer.from("ann").toString("base64")}`, ["UNAUTHORIZED"]],
    ["Basic without a user", `Basic ${Buffer.from(":x").toString("base64")}`, ["UNAUTHORIZED"]],
    ["Basic with a NUL", `Basic ${Buffer.from("ann\0:a secret").toString("base64")}`, ["UNAUTHORIZED"]],
    ["Basic that is no base64", "Basic ann:a secret", ["UNAUTHORIZED"]],
    ["two tokens", "Bearer a Bearer b", ["UNAUTHORIZED"]],
    ["an empty header", "", ["UNAUTHORIZED"]],
  ] as const)
    it(`answers 401 to ${title}`, async () => {
      const reply = await made.guarded.registry.send("GET", TAGS, { headers: { authorization } });
      assert.deepEqual([reply.status, reply.codes], [401, codes]);
    });

  const form = (fields: string): Promise<Reply> =>
    made.guarded.send("POST", "/token", {
      headers: { "content-type": "application/x-www-form-urlencoded" },
      body: fields,
    });
  for (const [title, ask, status] of [
    ["another service", () => made.guarded.send("GET", "/token?service=other"), 400],
    ["a scope that is none", () => made.guarded.send("GET", "/token?scope=repository"), 400],
    [
      "a scope with a path for a name",
      () => made.guarded.send("GET", "/token?scope=repository:../x:pull"),
      400,
    ],
    ["a scope of another kind", () => made.guarded.send("GET", "/token?scope=registry:users:*"), 400],
    [
      "21 scopes",
      () =>
        made.guarded.send(
          "GET",
          `/token?scope=${Array.from({ length: 21 }, () => "repository:a:pull").join("%20")}`,
        ),
      400,
    ],
    [
      "an account that is not whose password it is",
      () => made.guarded.send("GET", "/token?account=ben", { as: ANN }),
      401,
    ],
    ["a token in place of a password", () => made.guarded.send("GET", "/token", { as: made.given }), 401],
    [
      "an access token for refreshing",
      () => form(`grant_type=refresh_token&refresh_token=${made.given}`),
      401,
    ],
    ["a grant there is none", () => form("grant_type=client_credentials"), 400],
    ["a form of 65 KB", () => form(`grant_type=password&x=${"a".repeat(66_000)}`), 400],
    [
      "a form that is JSON",
      () =>
        made.guarded.send("POST", "/token", { body: "{}", headers: { "content-type": "application/json" } }),
      400,
    ],
    ["a deletion of tokens", () => made.guarded.send("DELETE", "/token"), 401],
  ] as const)
    it(`the token service answers ${status} to ${title}`, async () => {
      const reply = await ask();
      assert.equal(reply.status, status, reply.body.toString());
      assert.equal(reply.codes.length, 1);
    });

  it("nothing came of any of them", async () => {
    const kept: string[] = [];
    for await (const { digest } of made.guarded.registry.storage.blobs.list()) kept.push(digest);
    for await (const { upload } of made.guarded.registry.storage.blobs.uploads()) kept.push(upload);
    assert.deepEqual([kept, made.guarded.registry.reports], [[], []]);
  });
});
