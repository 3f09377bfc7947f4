import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "mocha";
import { type Choice, chooseTarget, type Target } from "../../../cli/connection/choose.ts";
import { Failure } from "../../../core/errors.ts";
import { Scratch } from "../../support/scratch.ts";

/** A folder of docker's with the contexts "far", by TLS, and "near". */
function dockerFolder(scratch: Scratch, currentContext?: string): string {
  const folder = scratch.join("docker");
  const contexts: readonly [name: string, endpoint: object][] = [
    ["far", { Host: "tcp://far:2376", SkipTLSVerify: false }],
    ["near", { Host: "unix:///near.sock" }],
  ];
  for (const [name, docker] of contexts) {
    const meta = join(folder, "contexts/meta", idOf(name));
    mkdirSync(meta, { recursive: true });
    writeFileSync(
      join(meta, "meta.json"),
      JSON.stringify({ Name: name, Metadata: {}, Endpoints: { docker } }),
    );
  }
  mkdirSync(join(folder, "contexts/tls", idOf("far"), "docker"), { recursive: true });
  writeFileSync(join(folder, "config.json"), JSON.stringify({ currentContext }));
  return folder;
}

const idOf = (name: string): string => createHash("sha256").update(name).digest("hex");

type Row = readonly [
  title: string,
  choice: Partial<Choice> & { readonly current?: string },
  target: (folder: string) => Target,
];
const daemon = (host: string) => (): Target => ({ kind: "daemon", host });
const embedded = (root: string) => (): Target => ({ kind: "embedded", root });
const byTls =
  (host: string, verify: boolean, files: object = {}) =>
  (folder: string) =>
    ({
      kind: "daemon",
      host,
      tls: { folder, ca: undefined, cert: undefined, key: undefined, ...files, verify },
    }) as Target;

const ROWS: readonly Row[] = [
  ["nothing for root", {}, embedded("/var/lib/slipway")],
  ["nothing for another user", { uid: 7, env: { XDG_DATA_HOME: "/data" } }, embedded("/data/slipway")],
  ["--root", { root: "/r" }, embedded("/r")],
  ["--root before the environment", { root: "/r", env: { DOCKER_HOST: "tcp://x" } }, embedded("/r")],
  ["SLIPWAY_ROOT", { env: { SLIPWAY_ROOT: "/r" } }, embedded("/r")],
  [
    "SLIPWAY_ROOT before the current context",
    { env: { SLIPWAY_ROOT: "/r" }, current: "near" },
    embedded("/r"),
  ],
  ["-H", { daemon: { host: "unix:///x.sock" } }, daemon("unix:///x.sock")],
  [
    "-H before DOCKER_HOST",
    { daemon: { host: "tcp://a" }, env: { DOCKER_HOST: "tcp://b" } },
    daemon("tcp://a"),
  ],
  ["DOCKER_HOST", { env: { DOCKER_HOST: "tcp://b" } }, daemon("tcp://b")],
  ["an empty DOCKER_HOST", { env: { DOCKER_HOST: "" } }, embedded("/var/lib/slipway")],
  [
    "--context before DOCKER_HOST",
    { daemon: { context: "near" }, env: { DOCKER_HOST: "tcp://b" } },
    daemon("unix:///near.sock"),
  ],
  [
    "DOCKER_HOST before DOCKER_CONTEXT",
    { env: { DOCKER_HOST: "tcp://b", DOCKER_CONTEXT: "near" } },
    daemon("tcp://b"),
  ],
  [
    "DOCKER_CONTEXT before the current one",
    { env: { DOCKER_CONTEXT: "near" }, current: "far" },
    daemon("unix:///near.sock"),
  ],
  ["the current context", { current: "near" }, daemon("unix:///near.sock")],
  ["--context default", { daemon: { context: "default" }, current: "near" }, embedded("/var/lib/slipway")],
  ["--tlsverify", { daemon: { host: "tcp://a", tlsverify: true } }, byTls("tcp://a", true)],
  [
    "--tls",
    { daemon: { host: "tcp://a", tls: true, tlscacert: "/ca" } },
    byTls("tcp://a", false, { ca: "/ca" }),
  ],
  ["DOCKER_TLS_VERIFY", { env: { DOCKER_HOST: "tcp://b", DOCKER_TLS_VERIFY: "1" } }, byTls("tcp://b", true)],
  [
    "DOCKER_CERT_PATH",
    { env: { DOCKER_HOST: "tcp://b", DOCKER_TLS_VERIFY: "1", DOCKER_CERT_PATH: "/certs" } },
    () => byTls("tcp://b", true)("/certs"),
  ],
  [
    "a context with certificates",
    { daemon: { context: "far" } },
    (folder) => ({
      kind: "daemon",
      host: "tcp://far:2376",
      tls: { folder: join(folder, "contexts/tls", idOf("far"), "docker"), verify: true },
    }),
  ],
];
const REFUSED: readonly [title: string, choice: Partial<Choice>, code: string][] = [
  ["-H and --context", { daemon: { host: "tcp://a", context: "near" } }, "OPTIONS_CONFLICT"],
  ["-H and --root", { daemon: { host: "tcp://a" }, root: "/r" }, "OPTIONS_CONFLICT"],
  ["--context and --root", { daemon: { context: "near" }, root: "/r" }, "OPTIONS_CONFLICT"],
  ["a context there is not", { daemon: { context: "nosuch" } }, "CONTEXT_UNKNOWN"],
];

describe("the engine a command gets", () => {
  const choose = (folder: string, choice: Partial<Choice>): Target =>
    chooseTarget({
      daemon: {},
      root: undefined,
      uid: 0,
      ...choice,
      env: { DOCKER_CONFIG: folder, ...choice.env },
    });

  for (const [title, { current, ...choice }, target] of ROWS)
    it(`is that of ${title}`, () => {
      using scratch = new Scratch();
      const folder = dockerFolder(scratch, current);
      assert.deepEqual(choose(folder, choice), target(folder));
    });

  for (const [title, choice, code] of REFUSED)
    it(`is none with ${title}`, () => {
      using scratch = new Scratch();
      const folder = dockerFolder(scratch);
      assert.throws(
        () => choose(folder, choice),
        (error) => error instanceof Failure && error.code === code,
      );
    });
});
