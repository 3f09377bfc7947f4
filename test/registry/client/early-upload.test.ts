import assert from "node:assert/strict";
import { digestOf } from "../../../core/digest.ts";
import type { ByteStream } from "../../../core/streams.ts";
import type { HttpResponse, Send } from "../../../registry/client/http/message.ts";
import { Repository } from "../../../registry/client/repository.ts";
import { EarlyUpload } from "../../../registry/client/transfer/early-upload.ts";

const MIB = 1 << 20;
const LAYER = 150;

async function* layer(): ByteStream {
  for (let i = 0; i < LAYER; i += 1) yield Buffer.alloc(MIB, i);
}

/** A registry that takes every upload, and what it was asked: methods, and mebibytes of bodies. */
function accepting(): { readonly send: Send; readonly asked: readonly string[] } {
  const asked: string[] = [];
  const send: Send = async ({ method, url, body }) => {
    let size = 0;
    for await (const chunk of (await body?.open()) ?? []) size += chunk.byteLength;
    asked.push(`${method} ${size / MIB}`);
    const status = { HEAD: 404, POST: 202, PATCH: 202, PUT: 201, GET: 200, DELETE: 202 }[method];
    return {
      status,
      url,
      header: (name) => (name === "location" ? `${url.href}next` : undefined),
      body: layer(),
      discard: async () => undefined,
    } satisfies HttpResponse;
  };
  return { send, asked };
}

describe("registry/client/transfer/early-upload", () => {
  for (const [title, base, patches] of [
    ["in parts to a registry on this machine", "http://127.0.0.1:5000", ["64", "64", "22"]],
    ["in parts to one on this machine by IPv6", "http://[::1]:5000", ["64", "64", "22"]],
    ["as a whole to another", "https://registry.example", ["150"]],
  ] as const)
    it(`sends what is being made ${title}`, async () => {
      const { send, asked } = accepting();
      const repository = new Repository(send, { base: new URL(base), path: "app", actions: ["push"] });
      await using early = new EarlyUpload(repository, {});
      early.begin(layer);
      assert.equal(await early.finish(digestOf(Buffer.from("what it is"))), true);
      const sent = asked.filter((request) => !request.startsWith("HEAD"));
      assert.deepEqual(sent, ["POST 0", ...patches.map((size) => `PATCH ${size}`), "PUT 0"]);
    });
});
