import assert from "node:assert/strict";
import {
  CAPABILITIES,
  capabilitiesOfMask,
  DEFAULT_CAPABILITIES,
  resolveCapabilities,
} from "../../../runtime/spec/capabilities.ts";

const available = CAPABILITIES.filter((name) => name !== "CAP_SYS_RESOURCE");
const without = (...names: string[]) => DEFAULT_CAPABILITIES.filter((name) => !names.includes(name));

const cases: readonly (readonly [
  title: string,
  request: { add?: string[]; drop?: string[]; privileged?: boolean },
  want: readonly string[],
])[] = [
  ["the default set", {}, DEFAULT_CAPABILITIES],
  ["an addition in any spelling", { add: ["net_admin"] }, [...DEFAULT_CAPABILITIES, "CAP_NET_ADMIN"]],
  ["an addition that is there already", { add: ["CAP_CHOWN"] }, DEFAULT_CAPABILITIES],
  ["a removal", { drop: ["chown", "CAP_MKNOD"] }, without("CAP_CHOWN", "CAP_MKNOD")],
  ["a removal that is added too", { add: ["KILL"], drop: ["KILL"] }, [...without("CAP_KILL"), "CAP_KILL"]],
  ["all", { add: ["ALL"] }, available],
  ["all but one", { add: ["all"], drop: ["SYS_ADMIN"] }, available.filter((n) => n !== "CAP_SYS_ADMIN")],
  ["none", { drop: ["ALL"] }, []],
  ["none but one", { drop: ["ALL"], add: ["NET_BIND_SERVICE"] }, ["CAP_NET_BIND_SERVICE"]],
  ["privileged, whatever is dropped", { privileged: true, drop: ["ALL"] }, available],
];

describe("runtime/spec/capabilities", () => {
  for (const [title, { add = [], drop = [], privileged = false }, want] of cases) {
    it(`resolves ${title}`, () => {
      assert.deepEqual(resolveCapabilities({ add, drop, privileged, available }), want);
    });
  }
  it("refuses names it does not know", () => {
    const request = { add: ["foo"], drop: [], privileged: false, available };
    assert.throws(() => resolveCapabilities(request), {
      message: 'invalid CapAdd: unknown capability: "CAP_FOO"',
    });
  });
  it("reads the mask of a process", () => {
    assert.deepEqual(capabilitiesOfMask("00000000a80425fb").toSorted(), DEFAULT_CAPABILITIES.toSorted());
  });
});
