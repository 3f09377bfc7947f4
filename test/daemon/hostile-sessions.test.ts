import assert from "node:assert/strict";
import { mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "mocha";
import { PACKET_TYPES } from "../../wire/buildkit/session.ts";
import { eventually } from "../support/eventually.ts";
import { upgraded } from "./support/ask.ts";
import { BuildkitClient, type Lend } from "./support/buildkit-client.ts";
import { DaemonRig } from "./support/daemon-rig.ts";

const { stat, request, data, end, error } = PACKET_TYPES;
const DIR = 0x8000_0000 + 0o755;
const LINK = 0x0800_0000 + 0o777;

interface Entry {
  readonly path: string;
  readonly mode?: number;
  readonly linkname?: string;
  readonly content?: string;
  readonly size?: number;
}

/** Lends the entries as an honest client would, but for what the entries say. */
const lending =
  (entries: readonly Entry[]): Lend =>
  (call) => {
    for (const { content = "", mode = 0o644, size = content.length, ...rest } of entries)
      call.write({ type: stat, stat: { mode, size, ...rest } });
    call.write({ type: stat });
    call.on("data", (packet: { readonly type: number; readonly id: number }) => {
      if (packet.type === request) {
        const content = entries[packet.id]?.content ?? "";
        if (content !== "") call.write({ type: data, id: packet.id, data: Buffer.from(content) });
        call.write({ type: data, id: packet.id });
      }
      if (packet.type === end) {
        call.write({ type: end });
        call.end();
      }
    });
    call.on("error", () => undefined);
  };

const DOCKERFILE = { path: "Dockerfile", content: "FROM scratch\nCOPY . /\n" };

describe("sessions of clients that mean no good", () => {
  let daemon: DaemonRig;
  let outside: string;
  before(async function () {
    daemon = await DaemonRig.open(this);
    outside = daemon.slipway.scratch.join("outside");
    mkdirSync(outside);
  });
  after(() => daemon?.[Symbol.asyncDispose]());

  const leftovers = () => readdirSync(join(daemon.slipway.root, "ingest"));

  it("can lend files that are built", async () => {
    using client = await BuildkitClient.open(
      daemon,
      lending([DOCKERFILE, { path: "d", mode: DIR }, { path: "d/f", content: "x".repeat(100_000) }]),
    );
    const attrs = new Map([["name", "honest"]]);
    const { exporterResponse } = await client.solve({ exporters: [{ type: "moby", attrs }] });
    const { record } = await daemon.engine.images.get("honest");
    assert.equal(exporterResponse.get("containerimage.config.digest"), record.id);
  });

  const attacks: readonly { readonly title: string; readonly lend: Lend; readonly why?: RegExp }[] = [
    {
      title: "a name that leads out",
      lend: (call) =>
        lending([DOCKERFILE, { path: `../../../../../../../../../../..${outside}/x`, content: "x" }])(call),
    },
    {
      title: "a name that is absolute through a link",
      lend: (call) =>
        lending([
          DOCKERFILE,
          { path: "link", mode: LINK, linkname: outside },
          { path: "link/through", content: "x" },
        ])(call),
    },
    {
      title: "a hard link to a file of the host",
      lend: lending([DOCKERFILE, { path: "hard", linkname: "/etc/passwd" }]),
    },
    {
      title: "a name with a zero in it",
      lend: lending([{ path: "a\0b" }]),
      why: /no valid name/,
    },
    { title: "a negative size", lend: lending([{ path: "a", size: -1 }]), why: /no valid size/ },
    {
      title: "more content than announced",
      lend: lending([{ path: "a", content: "longer", size: 1 }]),
      why: /more bytes than were announced/,
    },
    {
      title: "less content than announced",
      lend: lending([{ path: "a", content: "x", size: 9 }]),
      why: /a cannot be read, or it changed/,
    },
    {
      title: "content that nobody asked for",
      lend: (call) => {
        call.write({ type: stat, stat: { path: "a", mode: 0o644, size: 5 } });
        call.write({ type: stat });
        call.write({ type: data, id: 7, data: Buffer.from("x") });
      },
      why: /nobody asked for/,
    },
    {
      title: "an end in the middle",
      lend: (call) => call.end(),
      why: /ended in its middle/,
    },
    {
      title: "an error of its own",
      lend: (call) => void call.write({ type: error, data: Buffer.from("no such folder") }),
      why: /no such folder/,
    },
    {
      title: "a message that is too long",
      lend: (call) => void call.write({ type: data, data: Buffer.alloc((16 << 20) + 1) }),
      why: /are allowed/,
    },
  ];
  for (const { title, lend, why } of attacks)
    it(`do no harm with ${title}`, async () => {
      using client = await BuildkitClient.open(daemon, lend);
      if (why === undefined) await client.solve().catch(() => undefined);
      else await assert.rejects(client.solve(), why);
      assert.deepEqual(readdirSync(outside), []);
      await eventually(() => leftovers().length === 0);
    });

  it("that send nothing keep their build waiting, and nobody else's", async () => {
    let asked = false;
    const client = await BuildkitClient.open(daemon, () => {
      asked = true;
    });
    const waiting = assert.rejects(client.solve());
    await eventually(() => asked);
    using other = await BuildkitClient.open(daemon, lending([DOCKERFILE]));
    await other.solve();
    client[Symbol.dispose]();
    await waiting;
    await eventually(() => leftovers().length === 0);
  });

  const refused: readonly (readonly [
    title: string,
    request: Parameters<BuildkitClient["solve"]>[0],
    why: RegExp,
  ])[] = [
    ["LLB", { frontend: "", definition: Buffer.from("x") }, /a build from LLB is not supported/],
    ["another frontend", { frontend: "gateway.v0" }, /the frontend gateway\.v0 is not supported/],
    ["an attribute", { frontendAttrs: new Map([["nosuch", "1"]]) }, /nosuch=1 is not supported/],
    ["an output", { exporters: [{ type: "nosuch" }] }, /the output type=nosuch is not supported/],
    ["an entitlement", { entitlements: ["device=x"] }, /the entitlement device=x is not/],
    ["a reference", { ref: "" }, /invalid build reference/],
  ];
  for (const [title, wanted, why] of refused)
    it(`are told the name of ${title} that is not supported`, async () => {
      using client = await BuildkitClient.open(daemon, lending([DOCKERFILE]));
      await assert.rejects(client.solve(wanted), why);
    });

  it("must ask for the upgrade, and have an id of their own", async () => {
    for (const path of ["/grpc", "/session"]) {
      const { status, text } = await daemon.request("POST", path);
      assert.deepEqual([status, JSON.parse(text)], [400, { message: "no upgrade proto in request" }]);
      await assert.rejects(
        upgraded(daemon.socket, path, { upgrade: "smtp" }),
        /400 .*protocol smtp not supported/,
      );
    }
    await assert.rejects(upgraded(daemon.socket, "/session"), /400 .*expected an id/);
    const headers = { "x-docker-expose-session-uuid": "twice" };
    const first = await upgraded(daemon.socket, "/session", headers);
    await assert.rejects(upgraded(daemon.socket, "/session", headers), /409 .*session twice already exists/);
    first.destroy();
  });
});
