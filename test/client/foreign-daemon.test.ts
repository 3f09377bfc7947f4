import assert from "node:assert/strict";
import { createServer, type Server } from "node:http";
import { after, before, describe, it } from "mocha";
import { connectEngine } from "../../client/connect.ts";
import { digestOf } from "../../core/digest.ts";
import type { Engine } from "../../engine/api.ts";
import { buildRequest } from "../support/build-request.ts";
import { Scratch } from "../support/scratch.ts";

const NOBODY = { path: "", get: async () => undefined, put: async () => false, remove: async () => false };

const KEEPING_MOUNTS = buildRequest("/", ["FROM scratch"], {
  cacheTo: [
    {
      to: { kind: "registry", reference: "127.0.0.1:1/cache" },
      mode: "max",
      compression: "gzip",
      ignoreErrors: false,
      mounts: true,
    },
  ],
});

/** What Docker's daemon has no word for, and how it is called when it is refused. */
const REFUSED: readonly (readonly [what: string, ask: (engine: Engine) => Promise<unknown>])[] = [
  ["reading a manifest of a registry", ({ distribution }) => distribution.manifest("app")],
  ["making a manifest list", ({ distribution }) => distribution.createList("all", ["app"])],
  ["pushing a manifest list", ({ distribution }) => distribution.pushList("all")],
  [
    "keeping cache mounts in a cache (--cache-to mounts=true)",
    ({ builds }) => builds.build(KEEPING_MOUNTS, () => undefined),
  ],
  [
    "choosing how layers are sent (zstd)",
    ({ images }) => images.push("app", () => undefined, { compression: "zstd" }),
  ],
  [
    "building on an image by its id (a target of bake as a context)",
    ({ builds }) => {
      const contexts = { base: { kind: "image", reference: digestOf("an image") } } as const;
      return builds.build(buildRequest("/", ["FROM base"], { contexts }), () => undefined);
    },
  ],
  [
    "collecting the registry's garbage",
    ({ registry }) => registry.collect({ graceMs: 0, untagged: false, dryRun: true }),
  ],
  ["verifying the registry's content", ({ registry }) => registry.scrub()],
  ["managing who may use the registry", ({ registry }) => registry.access()],
  [
    "saving the images of several platforms",
    async ({ images }) => {
      for await (const _ of images.saveList([], []));
    },
  ],
];

describe("the client of a daemon that is not Slipway's", () => {
  const scratch = new Scratch();
  const asked: string[] = [];
  let server: Server;
  let engine: Engine;
  before(async () => {
    server = createServer(({ url = "" }, response) => {
      asked.push(url);
      response.setHeader("api-version", "1.51").end("OK");
    });
    const socket = scratch.join("docker.sock");
    await new Promise<void>((resolve) => server.listen(socket, resolve));
    const buildTools = () => Promise.reject(new Error("nothing is built"));
    engine = await connectEngine({ host: `unix://${socket}`, credentials: NOBODY, buildTools });
    asked.length = 0;
  });
  after(async () => {
    await engine?.[Symbol.asyncDispose]();
    server.close();
    scratch[Symbol.dispose]();
  });

  for (const [what, ask] of REFUSED)
    it(`refuses ${what} by name, and asks it nothing`, async () => {
      await assert.rejects(ask(engine), { code: "DAEMON_LACKS", detail: { what } });
      assert.deepEqual(asked, []);
    });
});
