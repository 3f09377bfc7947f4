import assert from "node:assert/strict";
import { describe, it } from "mocha";
import { type List, renderList } from "../../../cli/format/list.ts";
import { alignColumns, formatTable } from "../../../cli/format/table.ts";

const label = (name: unknown) => ({ a: "b" })[String(name)] ?? "";
const LIST: List = {
  rows: [
    {
      ID: "4952a09b689e",
      Image: "debian:bookworm",
      Status: "Created",
      Ports: "",
      Names: "web",
      Label: label,
    },
    { ID: "1a1eba808626", Image: "busybox", Status: "Up 2 seconds", Ports: "", Names: "db", Label: label },
  ],
  headers: { ID: "CONTAINER ID", Image: "IMAGE", Status: "STATUS", Ports: "PORTS", Names: "NAMES" },
  table: "{{.ID}}\t{{.Image}}\t{{.Status}}\t{{.Ports}}\t{{.Names}}",
};

const CASES: readonly (readonly [format: string | undefined, expected: string])[] = [
  [
    undefined,
    "CONTAINER ID   IMAGE             STATUS         PORTS     NAMES\n" +
      "4952a09b689e   debian:bookworm   Created                  web\n" +
      "1a1eba808626   busybox           Up 2 seconds             db\n",
  ],
  ["{{.ID}}\\t{{.Names}}", "4952a09b689e\tweb\n1a1eba808626\tdb\n"],
  ["table {{lower .ID}}\\t{{.Names}}", "CONTAINER ID   NAMES\n4952a09b689e   web\n1a1eba808626   db\n"],
  ["table {{upper .Image}}|{{.Names}}", "IMAGE|NAMES\nDEBIAN:BOOKWORM|web\nBUSYBOX|db\n"],
  ['table {{.Label "a"}} {{.Names}}', "a NAMES\nb web\nb db\n"],
];

describe("listings", () => {
  for (const [format, expected] of CASES) {
    it(`${format ?? "no format"} is laid out as docker's`, () =>
      assert.equal(renderList(LIST, format), expected));
  }
  it("json writes one document per line", () => {
    const lines = renderList({ ...LIST, rows: [{ ID: "x" }, { ID: "y" }] }, "json").split("\n");
    assert.deepEqual(lines, ['{"ID":"x"}', '{"ID":"y"}', ""]);
  });
  it("an empty listing still has its header", () => {
    assert.equal(renderList({ ...LIST, rows: [] }), "CONTAINER ID   IMAGE     STATUS    PORTS     NAMES\n");
  });
  it("a column ends where a line does not have it", () => {
    assert.deepEqual(alignColumns(["a\tb", "", "long enough cell\tb"]), [
      "a         b",
      "",
      "long enough cell   b",
    ]);
  });
  it("a cell's own tabs and newlines become spaces", () => {
    assert.equal(
      formatTable({ columns: ["A", "B"], rows: [["x\ty", "1\n2"]] }),
      "A         B\nx y       1 2\n",
    );
  });
});
