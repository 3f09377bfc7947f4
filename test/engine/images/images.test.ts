import assert from "node:assert/strict";
import { digestOf } from "../../../core/digest.ts";
import { Failure } from "../../../core/errors.ts";
import { imageHistory } from "../../../engine/images/history.ts";
import { type ImageUser, removeImage } from "../../../engine/images/remove.ts";
import type { ImageRecord, ImageStore } from "../../../store/types.ts";

const ID = digestOf("image");
const SHORT = ID.slice(7, 19);

/** The rules need three calls of a store; the whole of it is tested with removal in test/e2e. */
function fakeImages(tags: readonly string[], digests: readonly string[] = []) {
  const left = new Set(tags);
  let removed = false;
  const record = (): ImageRecord => ({
    id: ID,
    manifest: { mediaType: "", digest: ID, size: 0 },
    layers: [],
    size: 0,
    createdAt: new Date(0),
    tags: [...left],
    digests,
    lists: [],
  });
  const images = {
    get: record,
    untag: (name: string) => left.delete(name),
    remove: () => {
      removed = true;
    },
  } as unknown as ImageStore;
  return { images, state: () => ({ left: [...left], removed }) };
}

const running: ImageUser = { id: "a".repeat(64), running: true };
const stopped: ImageUser = { id: "b".repeat(64), running: false };

describe("removeImage()", () => {
  const good: readonly {
    readonly title: string;
    readonly tags: readonly string[];
    readonly text: string;
    readonly users?: readonly ImageUser[];
    readonly force?: boolean;
    readonly lines: readonly object[];
  }[] = [
    { title: "takes one of two names away", tags: ["a:1", "a:2"], text: "a:1", lines: [{ untagged: "a:1" }] },
    {
      title: "deletes with the last name",
      tags: ["a:latest"],
      text: "a",
      lines: [{ untagged: "a:latest" }, { deleted: ID }],
    },
    {
      title: "deletes by an id with one name",
      tags: ["a:1"],
      text: SHORT,
      lines: [{ untagged: "a:1" }, { deleted: ID }],
    },
    { title: "deletes by an id without a name", tags: [], text: ID, lines: [{ deleted: ID }] },
    {
      title: "takes one of two names away though a container runs",
      tags: ["a:1", "b:1"],
      text: "a:1",
      users: [running],
      lines: [{ untagged: "a:1" }],
    },
    {
      title: "leaves a used image without a name when forced",
      tags: ["a:1"],
      text: "a:1",
      users: [running],
      force: true,
      lines: [{ untagged: "a:1" }],
    },
    {
      title: "deletes all names by a forced id",
      tags: ["a:1", "b:1"],
      text: SHORT,
      force: true,
      lines: [{ untagged: "a:1" }, { untagged: "b:1" }, { deleted: ID }],
    },
    {
      title: "deletes below a stopped container by a forced id",
      tags: ["a:1"],
      text: SHORT,
      users: [stopped],
      force: true,
      lines: [{ untagged: "a:1" }, { deleted: ID }],
    },
  ];
  for (const { title, tags, text, users = [], force = false, lines } of good) {
    it(title, () => {
      const { images, state } = fakeImages(tags);
      assert.deepEqual(removeImage({ images, users: () => users }, text, force), lines);
      assert.equal(
        state().removed,
        lines.some((line) => "deleted" in line),
      );
    });
  }

  const bad: readonly [
    tags: readonly string[],
    text: string,
    users: readonly ImageUser[],
    force: boolean,
    why: string,
  ][] = [
    [
      ["a:1"],
      "a:1",
      [stopped],
      false,
      `conflict: unable to remove repository reference "a:1" (must force) - container bbbbbbbbbbbb is using its referenced image ${SHORT}`,
    ],
    [
      ["a:1"],
      SHORT,
      [running],
      true,
      `conflict: unable to delete ${SHORT} (cannot be forced) - image is being used by running container aaaaaaaaaaaa`,
    ],
    [
      ["a:1"],
      SHORT,
      [stopped],
      false,
      `conflict: unable to delete ${SHORT} (must be forced) - image is being used by stopped container bbbbbbbbbbbb`,
    ],
    [
      ["a:1", "b:1"],
      SHORT,
      [],
      false,
      `conflict: unable to delete ${SHORT} (must be forced) - image is referenced in multiple repositories`,
    ],
  ];
  for (const [tags, text, users, force, why] of bad) {
    it(`refuses: ${why.replace(/ - .*/, "")}, ${force ? "forced" : "not forced"}`, () => {
      const { images, state } = fakeImages(tags);
      assert.throws(
        () => removeImage({ images, users: () => users }, text, force),
        (error) => error instanceof Failure && error.code === "IMAGE_IN_USE" && error.message === why,
      );
      assert.deepEqual(state(), { left: tags, removed: false });
    });
  }
});

describe("imageHistory()", () => {
  it("gives each entry that made a layer the next layer's size, newest first", () => {
    const [one, two] = [digestOf("1"), digestOf("2")];
    const record = { ...fakeImages(["a:1"]).images.get(""), layers: [one, two] };
    const config = {
      architecture: "amd64",
      os: "linux",
      rootfs: { type: "layers" as const, diff_ids: [one, two] },
      history: [
        { created: "2026-01-01T00:00:00Z", created_by: "ADD x" },
        { created: "2026-01-02T00:00:00Z", created_by: "ENV A=b", empty_layer: true },
        { created: "2026-01-03T00:00:00Z", created_by: "RUN x", comment: "c" },
      ],
    };
    const sizes = new Map([
      [one, 10],
      [two, 20],
    ]);
    const lines = imageHistory(record, config, (layer) => sizes.get(layer) ?? 0);
    assert.deepEqual(
      lines.map(({ id, createdBy, size, comment, tags }) => [id, createdBy, size, comment, tags]),
      [
        [ID, "RUN x", 20, "c", ["a:1"]],
        ["<missing>", "ENV A=b", 0, "", []],
        ["<missing>", "ADD x", 10, "", []],
      ],
    );
  });
});
