import assert from "node:assert/strict";
import { mkdirSync, readFileSync } from "node:fs";
import { requiresCommand, requiresRoot } from "../../support/requires.ts";
import { BuildFixture } from "../support/build-fixture.ts";
import type { FileTree } from "../support/file-tree.ts";
import { CASES } from "./cases.ts";
import { makeContext, TIME } from "./make-context.ts";

const recorded = JSON.parse(
  readFileSync(new URL("../recorded/copy.json", import.meta.url), "utf8"),
) as Readonly<Record<string, FileTree>>;

describe("COPY, ADD and WORKDIR make what BuildKit makes of", () => {
  for (const each of CASES) {
    it(each.title, async function () {
      requiresRoot(this);
      if (each.context.some(({ xattr }) => xattr !== undefined)) requiresCommand(this, "setfattr");
      await using fixture = await BuildFixture.open();
      const context = fixture.scratch.join("context");
      mkdirSync(context);
      await makeContext(context, each);
      const built = await fixture.build(each.dockerfile);
      assert.deepEqual(await built.tree(TIME), recorded[each.title]);
      const again = await fixture.build(each.dockerfile);
      assert.equal(again.image, built.image);
      assert.deepEqual(again.performed, []);
    });
  }
});
