import assert from "node:assert/strict";
import { describe, it } from "mocha";
import protobuf from "protobufjs";
import { frame, MAX_MESSAGE, unframed } from "../../wire/grpc/framing.ts";
import * as proto from "../../wire/grpc/message.ts";

const INNER = proto.message({ id: proto.text(1), size: proto.count(7) });
const OUTER = proto.message({
  name: proto.text(1),
  flag: proto.flag(2),
  small: proto.count(3, proto.int32),
  data: proto.data(4),
  one: proto.optional(5, INNER),
  many: proto.list(16, INNER),
  attrs: proto.map(17, proto.string),
});

/** The same message, read and written by a library from its definition. */
const { root } = protobuf.parse(`syntax = "proto3";
message Inner { string id = 1; int64 size = 7; }
message Outer {
  string name = 1; bool flag = 2; int32 small = 3; bytes data = 4; Inner one = 5;
  repeated Inner many = 16; map<string, string> attrs = 17; string unknown = 99;
}`);
const oracle = root.lookupType("Outer");

const VALUE = {
  name: "näme",
  flag: true,
  small: -5,
  data: Buffer.from([0, 255]),
  one: { id: "a", size: 2 ** 40 },
  many: [
    { id: "b", size: 0 },
    { id: "", size: -1 },
  ],
  attrs: new Map([
    ["k", "v"],
    ["empty", ""],
  ]),
};

describe("messages of gRPC", () => {
  it("are written as others read them", () => {
    const read = oracle.toObject(oracle.decode(OUTER.encode(VALUE)), { longs: Number, defaults: true });
    assert.deepEqual(read, { ...VALUE, attrs: { k: "v", empty: "" }, unknown: "" });
  });

  it("are read as others write them, without what is not known", () => {
    const written = oracle.encode(
      oracle.fromObject({ ...VALUE, attrs: { k: "v", empty: "" }, unknown: "x" }),
    );
    const { data, ...read } = OUTER.decode(written.finish());
    const { data: _, ...rest } = VALUE;
    assert.deepEqual(read, rest);
    assert.deepEqual([...data], [0, 255]);
  });

  it("have every field when nothing was written", () => {
    const read = OUTER.decode(new Uint8Array());
    assert.deepEqual([read.name, read.flag, read.small, read.one, read.many], ["", false, 0, undefined, []]);
  });

  it("are refused when they end too soon", () => {
    const bytes = OUTER.encode(VALUE);
    assert.throws(() => OUTER.decode(bytes.subarray(0, bytes.byteLength - 3)), RangeError);
  });

  async function* pieces(bytes: Buffer, size: number) {
    for (let at = 0; at < bytes.byteLength; at += size) yield bytes.subarray(at, at + size);
  }
  const collect = async (source: AsyncIterable<Buffer>) => {
    const all: string[] = [];
    for await (const each of source) all.push(each.toString());
    return all;
  };

  it("are told apart however their bytes arrive", async () => {
    const bytes = Buffer.concat(["one", "", "three"].map((text) => frame(Buffer.from(text))));
    for (const size of [1, 2, 7, 100])
      assert.deepEqual(await collect(unframed(pieces(bytes, size))), ["one", "", "three"]);
  });

  const broken: readonly { readonly title: string; readonly bytes: Buffer; readonly why: RegExp }[] = [
    {
      title: "too long",
      bytes: Buffer.from([0, 0xff, 0, 0, 0]),
      why: new RegExp(`${MAX_MESSAGE} are allowed`),
    },
    { title: "compressed", bytes: Buffer.from([1, 0, 0, 0, 0]), why: /compressed/ },
    { title: "cut off", bytes: Buffer.from([0, 0, 0, 0, 9, 1]), why: /in its middle/ },
  ];
  for (const { title, bytes, why } of broken)
    it(`are refused when they are ${title}`, async () => {
      await assert.rejects(collect(unframed(pieces(bytes, 3))), (error: Error) => {
        assert.match(error.message, why);
        return true;
      });
    });
});
