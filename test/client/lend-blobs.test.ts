import assert from "node:assert/strict";
import { existsSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { createServer, connect as dial, type Server as NetServer } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Server, ServerCredentials, status } from "@grpc/grpc-js";
import { after, before, describe, it } from "mocha";
import { contentRpcs } from "../../client/build/lend-blobs.ts";
import { type Digest, digestOf, hexOf } from "../../core/digest.ts";
import { type ByteStream, readAll, streamOf } from "../../core/streams.ts";
import { readBlob, sizeOfBlob, writeBlob } from "../../daemon/buildkit/session-blobs.ts";
import { LayoutFolder } from "../../engine/builds/layout-folder.ts";
import * as content from "../../wire/buildkit/content.ts";
import { Channel } from "../../wire/grpc/channel.ts";
import { service } from "../../wire/grpc/service.ts";
import { Scratch } from "../support/scratch.ts";

type Message = Parameters<typeof content.WRITE_REQUEST.encode>[0];
const { stat, write, commit } = content.WRITE_ACTIONS;
const LIMIT = 16 << 20;

describe("blobs that a client lends", () => {
  const scratch = new Scratch();
  let listening: NetServer;
  let server: Server;
  let channel: Channel;
  const there = Buffer.from("0123456789".repeat(300_000));
  before(async () => {
    for (const name of ["read", "written"]) mkdirSync(scratch.join(name));
    await new LayoutFolder(scratch.join("read")).write(digestOf(there), streamOf(there));
    const stores = new Map([
      ["oci:read", { folder: new LayoutFolder(scratch.join("read")), writable: false }],
      ["local:written", { folder: new LayoutFolder(scratch.join("written")), writable: true }],
    ]);
    server = new Server();
    const { definition, implementation } = service(content.CONTENT, contentRpcs(stores));
    server.addService(definition, implementation);
    const injector = server.createConnectionInjector(ServerCredentials.createInsecure());
    listening = createServer((socket) => injector.injectConnection(socket));
    const path = scratch.join("socket");
    await new Promise<void>((resolve) => listening.listen(path, resolve));
    channel = new Channel(dial(path));
  });
  after(() => {
    channel?.[Symbol.dispose]();
    server?.forceShutdown();
    listening?.close();
    scratch[Symbol.dispose]();
  });

  const at = (store: string) => ({ session: { id: "session", channel, serves: () => true }, store });
  const blobs = (): readonly string[] => {
    const folder = scratch.join("written/blobs/sha256");
    return existsSync(folder) ? readdirSync(folder).toSorted() : [];
  };
  /** The same once nothing is half there: what was refused may go a moment after it was told. */
  const wholeBlobs = async (): Promise<readonly string[]> => {
    while (blobs().some((name) => name.includes("."))) await sleep(10);
    return blobs();
  };

  it("are read whole, and have a length", async () => {
    const digest = digestOf(there);
    assert.equal(await sizeOfBlob(at("oci:read"), digest), there.byteLength);
    assert.ok((await readAll(readBlob(at("oci:read"), digest), LIMIT)).equals(there));
    assert.equal(await sizeOfBlob(at("oci:read"), digestOf("nothing")), undefined);
    await assert.rejects(readAll(readBlob(at("oci:read"), digestOf("nothing")), LIMIT), {
      code: status.NOT_FOUND,
    });
  });

  const parts: readonly (readonly [offset: number, size: number, text: string | number])[] = [
    [3, 4, "3456"],
    [there.byteLength - 2, 10, "89"],
    [there.byteLength - 2, 0, "89"],
    [there.byteLength, 5, ""],
    [there.byteLength + 1, 5, status.OUT_OF_RANGE],
    [-1, 5, status.OUT_OF_RANGE],
  ];
  for (const [offset, size, expected] of parts)
    it(`are read in parts: ${size} bytes at ${offset}`, async () => {
      const types = { request: content.READ_REQUEST, response: content.READ_RESPONSE };
      const headers = { [content.STORE_HEADER]: "oci:read" };
      await using talk = channel.converse(`/${content.CONTENT}/Read`, types, { headers });
      await talk.send({ digest: digestOf(there), offset, size });
      talk.end();
      const data = async function* (): ByteStream {
        for await (const message of talk.messages) yield message.data;
      };
      const read = readAll(data(), LIMIT);
      if (typeof expected === "number") await assert.rejects(read, { code: expected });
      else assert.equal((await read).toString(), expected);
    });

  it("are written once, whatever their pieces are", async () => {
    const bytes = Buffer.alloc(2_500_000, "x");
    const blob = { digest: digestOf(bytes), size: bytes.byteLength };
    let asked = 0;
    const source = async (): Promise<ByteStream> => {
      asked += 1;
      return streamOf(bytes);
    };
    await writeBlob(at("local:written"), blob, source);
    await writeBlob(at("local:written"), blob, source);
    assert.equal(asked, 1);
    const file = scratch.join(join("written/blobs/sha256", hexOf(blob.digest)));
    assert.ok(readFileSync(file).equals(bytes));
  });

  it("are not written where they are lent for reading", async () => {
    const blob = { digest: digestOf("new"), size: 3 };
    await assert.rejects(
      writeBlob(at("oci:read"), blob, async () => streamOf(Buffer.from("new"))),
      { code: status.PERMISSION_DENIED },
    );
    await assert.rejects(readAll(readBlob(at("local:/etc"), digestOf("new")), LIMIT), {
      code: status.NOT_FOUND,
    });
  });

  const digest: Digest = digestOf("content");
  const wrong: readonly {
    readonly title: string;
    readonly messages: readonly Message[];
    readonly code: number;
  }[] = [
    {
      title: "other bytes than its digest says",
      messages: [
        { action: stat, ref: "r", total: 7, expected: digest },
        { action: write, offset: 0, data: Buffer.from("Content") },
        { action: commit, offset: 7, total: 7, expected: digest },
      ],
      code: status.UNKNOWN,
    },
    {
      title: "more bytes than were announced",
      messages: [
        { action: stat, ref: "r", total: 7, expected: digest },
        { action: write, offset: 0, data: Buffer.from("content and more") },
      ],
      code: status.UNKNOWN,
    },
    {
      title: "a hole in it",
      messages: [
        { action: stat, ref: "r", total: 7, expected: digest },
        { action: write, offset: 3, data: Buffer.from("tent") },
      ],
      code: status.OUT_OF_RANGE,
    },
    {
      title: "no end",
      messages: [
        { action: stat, ref: "r", total: 7, expected: digest },
        { action: write, offset: 0, data: Buffer.from("content") },
      ],
      code: status.CANCELLED,
    },
    { title: "no digest", messages: [{ action: stat, ref: "r", total: 7 }], code: status.INVALID_ARGUMENT },
    {
      title: "a digest that leads out",
      messages: [{ action: stat, ref: "r", total: 7, expected: "sha256:../../../../etc/passwd" }],
      code: status.INVALID_ARGUMENT,
    },
    {
      title: "no length",
      messages: [{ action: stat, ref: "r", expected: digest }],
      code: status.INVALID_ARGUMENT,
    },
  ];
  for (const { title, messages, code } of wrong)
    it(`leave nothing when one has ${title}`, async () => {
      const before = await wholeBlobs();
      const types = { request: content.WRITE_REQUEST, response: content.WRITE_RESPONSE };
      const headers = { [content.STORE_HEADER]: "local:written" };
      await using talk = channel.converse(`/${content.CONTENT}/Write`, types, { headers });
      for (const message of messages) await talk.send(message);
      talk.end();
      const told = async (): Promise<void> => {
        for await (const _ of talk.messages);
      };
      await assert.rejects(told(), { code });
      assert.deepEqual(await wholeBlobs(), before);
    });
});
