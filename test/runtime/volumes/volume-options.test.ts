import assert from "node:assert/strict";
import { readVolumeOptions, type VolumeMount } from "../../../runtime/volumes/volume-options.ts";

const bind = (o: string, device = "/data") => ({ type: "none", o, device });
const tmpfs = (o: string) => ({ type: "tmpfs", device: "tmpfs", o });

describe("driver options of volumes", () => {
  const taken: readonly (readonly [options: Record<string, string>, mount: VolumeMount | undefined])[] = [
    [{}, undefined],
    [{ type: "", device: "" }, undefined],
    [{ size: "0" }, undefined],
    [bind("bind"), { kind: "bind", device: "/data", recursive: false, words: [] }],
    [bind("rbind,ro,nosuid"), { kind: "bind", device: "/data", recursive: true, words: ["ro", "nosuid"] }],
    [
      { ...bind("rw,bind,private"), type: "ext4" },
      { kind: "bind", device: "/data", recursive: false, words: ["rw"] },
    ],
    [
      { type: "tmpfs", device: "tmpfs" },
      { kind: "tmpfs", words: [] },
    ],
    [tmpfs("size=100m,uid=1000,,noexec"), { kind: "tmpfs", words: ["size=100m", "uid=1000", "noexec"] }],
  ];
  it("say what is mounted", () => {
    for (const [options, mount] of taken)
      assert.deepEqual(readVolumeOptions("v", options), mount, JSON.stringify(options));
  });

  const refused: readonly (readonly [options: Record<string, string>, message: string | RegExp])[] = [
    [{ foo: "bar" }, 'create v: invalid option: "foo"'],
    [{ constructor: "x" }, 'create v: invalid option: "constructor"'],
    [{ type: "tmpfs" }, 'create v: missing required option: "device"'],
    [{ device: "/x" }, 'create v: missing required option: "type"'],
    [{ o: "bind" }, 'create v: missing required option: "device"'],
    [{ type: "nfs", device: "" }, "create v: missing device in volume options"],
    [{ size: "10m" }, "create v: quota size requested but no quota support"],
    [{ size: "abc" }, /^invalid size: 'abc'/],
    [bind("bind", "data"), /the device of a bind must be an absolute path: "data"/],
    [bind("bind", "/a\0b"), /the device of a bind must be an absolute path/],
    [bind("bind,uid=5"), /o=uid=5 of a volume that is a bind is not supported/],
    [bind("bind,rshared"), /o=rshared of a volume is not supported/],
    [bind("ro"), /a volume of type=none without o=bind is not supported/],
    [{ type: "nfs", device: ":/x", o: "addr=10.0.0.1" }, /a volume of type=nfs is not supported/],
    [{ type: "ext4", device: "/dev/vdb" }, /a volume of type=ext4 is not supported/],
  ];
  it("are refused by name where they fit nothing", () => {
    for (const [options, message] of refused)
      assert.throws(() => readVolumeOptions("v", options), { message }, JSON.stringify(options));
  });
});
