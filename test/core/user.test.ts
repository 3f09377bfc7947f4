import assert from "node:assert/strict";
import { resolveUser } from "../../core/user.ts";

const passwd = [
  "root:x:0:0:root:/root:/bin/sh",
  "www:x:33:34:www:/var/www:/bin/false",
  "1000:x:7:7::/odd:/bin/sh",
  "bare:x:44",
  "  ",
].join("\n");
const group = ["root:x:0:", "www:x:34:", "wheel:x:10:root,www", "video:x:44:www", "5:x:6:"].join("\n");

const resolved: readonly (readonly [
  text: string,
  uid: number,
  gid: number,
  groups: readonly number[],
  home: string,
])[] = [
  ["", 0, 0, [0, 10], "/root"],
  ["root", 0, 0, [0, 10], "/root"],
  ["www", 33, 34, [34, 10, 44], "/var/www"],
  ["33", 33, 34, [34, 10, 44], "/var/www"],
  ["www:video", 33, 44, [44], "/var/www"],
  ["www:99", 33, 99, [99], "/var/www"],
  ["www:", 33, 34, [34, 10, 44], "/var/www"],
  [":5", 0, 5, [5], "/root"],
  ["1000", 1000, 0, [0], "/"],
  ["1000:1000", 1000, 1000, [1000], "/"],
  ["bare", 44, 0, [0], "/"],
];

const refused: readonly (readonly [text: string, message: string])[] = [
  ["nobody", "unable to find user nobody: no matching entries in passwd file"],
  ["a:b:c", "unable to find user a: no matching entries in passwd file"],
  ["root:none", "unable to find group none: no matching entries in group file"],
  ["::", "unable to find group :: no matching entries in group file"],
  ["-1", "invalid id -1: uids and gids must be in range 0-2147483647"],
  ["4294967295", "invalid id 4294967295: uids and gids must be in range 0-2147483647"],
  ["0:2147483648", "invalid id 2147483648: uids and gids must be in range 0-2147483647"],
];

describe("core/user", () => {
  for (const [text, uid, gid, additionalGids, home] of resolved) {
    it(`resolves ${JSON.stringify(text)}`, () => {
      assert.deepEqual(resolveUser(text, { passwd, group }), { user: { uid, gid, additionalGids }, home });
    });
  }
  for (const [text, message] of refused) {
    it(`refuses ${JSON.stringify(text)}`, () => {
      assert.throws(() => resolveUser(text, { passwd, group }), { message });
    });
  }
  it("needs no files for numbers", () => {
    assert.deepEqual(resolveUser("5:6", {}), { user: { uid: 5, gid: 6, additionalGids: [6] }, home: "/" });
    assert.throws(() => resolveUser("root", {}), { code: "USER_UNKNOWN" });
  });
});
