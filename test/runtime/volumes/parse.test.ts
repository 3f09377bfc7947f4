import assert from "node:assert/strict";
import { planMounts } from "../../../runtime/volumes/mount-points.ts";
import { type BindSpec, parseBind } from "../../../runtime/volumes/parse.ts";

const parsed: readonly (readonly [spec: string, want: BindSpec])[] = [
  ["/data", { type: "volume", destination: "/data", mode: "", rw: true, copy: true }],
  ["vol:/data/", { type: "volume", name: "vol", destination: "/data", mode: "", rw: true, copy: true }],
  [
    "vol:/d:nocopy,ro",
    { type: "volume", name: "vol", destination: "/d", mode: "nocopy,ro", rw: false, copy: false },
  ],
  [
    "/h/../x/:/d",
    { type: "bind", source: "/x", destination: "/d", mode: "", rw: true, propagation: "rprivate" },
  ],
  [
    "/h:/d:ro,z,rslave",
    { type: "bind", source: "/h", destination: "/d", mode: "ro,z,rslave", rw: false, propagation: "rslave" },
  ],
  [
    "/:/host:cached",
    { type: "bind", source: "/", destination: "/host", mode: "cached", rw: true, propagation: "rprivate" },
  ],
];

const refused: readonly (readonly [spec: string, message: string])[] = [
  ["a:b:c:d", "invalid volume specification: 'a:b:c:d'"],
  ["/x:ro", "invalid volume specification: '/x:ro'"],
  [":/x", "invalid volume specification: ':/x'"],
  ["n:/x:bogus", "invalid mode: bogus"],
  ["n:/x:ro,rw", "invalid mode: ro,rw"],
  ["n:/x:", "invalid mode: "],
  [
    "/x:y",
    `invalid volume specification: '/x:y': invalid mount config for type "bind": invalid mount path: 'y' mount path must be absolute`,
  ],
  [
    "/x:/",
    `invalid volume specification: '/x:/': invalid mount config for type "bind": invalid specification: destination can't be '/'`,
  ],
  [
    "/x:",
    `invalid volume specification: '/x:': invalid mount config for type "bind": field Target must not be empty`,
  ],
  [
    "/x:/y:nocopy",
    `invalid volume specification: '/x:/y:nocopy': invalid mount config for type "bind": field VolumeOptions must not be specified`,
  ],
  [
    "n:/x:rshared",
    `invalid volume specification: 'n:/x:rshared': invalid mount config for type "volume": field BindOptions must not be specified`,
  ],
];

describe("runtime/volumes/parse", () => {
  for (const [spec, want] of parsed) it(`reads ${spec}`, () => assert.deepEqual(parseBind(spec), want));
  for (const [spec, message] of refused) {
    it(`refuses ${JSON.stringify(spec)}`, () => assert.throws(() => parseBind(spec), { message }));
  }
});

describe("runtime/volumes/mount-points", () => {
  const plan = (binds: readonly string[], declared: readonly string[] = [], tmpfs: readonly string[] = []) =>
    planMounts(
      { Binds: binds, Mounts: [], Tmpfs: Object.fromEntries(tmpfs.map((path) => [path, ""])) },
      declared,
    ).map((planned) => {
      const { type, destination } = "spec" in planned ? planned.spec : planned.inherited;
      return [type, destination, planned.fill];
    });

  it("adds an anonymous volume for each declared directory that nothing else is on", () => {
    assert.deepEqual(plan(["/h:/a", "n1:/b"], ["/a/", "/c", "/c", "rel", "/t"], ["/t"]), [
      ["bind", "/a", false],
      ["volume", "/b", true],
      ["volume", "/c", true],
      ["volume", "/rel", true],
    ]);
  });
  it("refuses two mounts on one place", () => {
    assert.throws(() => plan(["/a:/b:ro", "/c:/b"]), { message: "Duplicate mount point: /b" });
    assert.throws(() => plan(["/a:/b"], [], ["/b"]), { message: "Duplicate mount point: /b" });
  });
  it("refuses a tmpfs that is not absolute", () => {
    assert.throws(() => plan([], [], ["rel"]), {
      message: "invalid mount path: 'rel' mount path must be absolute",
    });
  });
});
