import assert from "node:assert/strict";
import { assembleImage } from "../../../builder/plan/assemble-image.ts";
import type { Outcome, PlannedHistory } from "../../../builder/plan/step.ts";
import { digestOf } from "../../../core/digest.ts";

const base = (created: string): PlannedHistory => ({ entry: { created_by: "base", created } });
const step = (id: string): PlannedHistory => ({ entry: { created_by: id }, step: id });
const meta: PlannedHistory = { entry: { created_by: "meta", empty_layer: true } };

/** History entries; times of steps; then the times expected. */
const cases: Readonly<
  Record<
    string,
    readonly [
      history: readonly PlannedHistory[],
      times: Readonly<Record<string, string>>,
      expected: readonly (string | undefined)[],
    ]
  >
> = {
  "steps have their own": [[step("a"), step("b")], { a: "1", b: "2" }, ["1", "2"]],
  "an entry without layer takes that of the layer before": [
    [step("a"), meta, step("b"), meta],
    { a: "1", b: "2" },
    ["1", "2", "2", "2"],
  ],
  "entries before the first new layer take its time": [
    [base("0"), meta, step("a")],
    { a: "5" },
    ["0", "5", "5"],
  ],
  "without new layers it is the base's": [[base("0"), base("1"), meta], {}, ["0", "1", "1"]],
  "an image from nothing has none": [[meta, meta], {}, [undefined, undefined]],
};

describe("the times of an image's history", () => {
  for (const [title, [history, times, expected]] of Object.entries(cases)) {
    it(title, () => {
      const outcomes = new Map<string, Outcome>(
        Object.entries(times).map(([id, created]) => [id, { layers: [digestOf(id)], created }]),
      );
      const state = { document: { architecture: "amd64", os: "linux" }, config: {}, history };
      const image = assembleImage(state, { outcomes, result: Object.keys(times).at(-1) });
      assert.deepEqual(
        image.history?.map(({ created }) => created),
        expected,
      );
      assert.equal(image.created, expected.at(-1));
    });
  }

  it("is the one the user asked for where it is new", () => {
    const state = {
      document: { architecture: "amd64", os: "linux" },
      config: {},
      history: [base("0"), meta],
    };
    const image = assembleImage(state, { outcomes: new Map(), result: undefined, created: "9" });
    assert.deepEqual(
      image.history?.map(({ created }) => created),
      ["0", "9"],
    );
  });
});
