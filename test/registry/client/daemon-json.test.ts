import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { describe, it } from "mocha";
import { readDaemonRegistries } from "../../../registry/client/daemon-json.ts";
import { Scratch } from "../../support/scratch.ts";

const registries = { "insecure-registries": ["a:5000", "10.0.0.0/8"], "registry-mirrors": ["https://m"] };
const found = { insecure: ["a:5000", "10.0.0.0/8"], mirrors: ["https://m"] };
const nothing = { insecure: [], mirrors: [] };

describe("daemon.json", () => {
  const cases: readonly [title: string, own: unknown, shared: unknown, want: object | RegExp][] = [
    ["is not needed", undefined, undefined, nothing],
    ["is the machine's own first", registries, { "registry-mirrors": ["https://other"] }, found],
    ["is dockerd's otherwise, whatever else it says", undefined, { ...registries, debug: true }, found],
    ["may be empty", "", registries, nothing],
    [
      "has no keys nobody reads",
      { debug: true },
      undefined,
      /^\S+own\.json: debug: expected one of insecure-/,
    ],
    [
      "has lists of texts",
      undefined,
      { "registry-mirrors": "https://m" },
      /registry-mirrors: expected a list/,
    ],
    [
      "has texts in its lists",
      undefined,
      { "insecure-registries": [1] },
      /insecure-registries: expected a list/,
    ],
    ["is an object", undefined, [], /^\S+shared\.json: expected an object$/],
    ["is JSON", undefined, "{", /^\S+shared\.json: .*JSON/],
  ];
  for (const [title, own, shared, want] of cases)
    it(title, () => {
      using scratch = new Scratch();
      const files = [
        { path: scratch.join("own.json"), shared: false, content: own },
        { path: scratch.join("shared.json"), shared: true, content: shared },
      ];
      for (const { path, content } of files)
        if (content !== undefined)
          writeFileSync(path, typeof content === "string" ? content : JSON.stringify(content));
      if (want instanceof RegExp)
        assert.throws(() => readDaemonRegistries(files), { code: "DOCKER_CONFIG_INVALID", message: want });
      else assert.deepEqual(readDaemonRegistries(files), want);
    });
});
