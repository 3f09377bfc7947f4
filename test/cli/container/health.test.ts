import assert from "node:assert/strict";
import { readHealthcheck } from "../../../cli/container/health.ts";

type Flags = Parameters<typeof readHealthcheck>[0];
const NONE: Flags = {
  "health-cmd": undefined,
  "health-interval": undefined,
  "health-retries": undefined,
  "health-start-interval": undefined,
  "health-start-period": undefined,
  "health-timeout": undefined,
  "no-healthcheck": false,
};

describe("readHealthcheck()", () => {
  it("says nothing where no flag does, so that the image's check stays", () =>
    assert.equal(readHealthcheck(NONE), undefined));

  it("gives the command to a shell and times in nanoseconds", () =>
    assert.deepEqual(
      readHealthcheck({ ...NONE, "health-cmd": "true", "health-interval": 1500, "health-retries": 2 }),
      {
        Test: ["CMD-SHELL", "true"],
        Interval: 1_500_000_000,
        Retries: 2,
      },
    ));

  it("switches a check off, and refuses to do so beside settings of one", () => {
    assert.deepEqual(readHealthcheck({ ...NONE, "no-healthcheck": true }), { Test: ["NONE"] });
    assert.throws(
      () => readHealthcheck({ ...NONE, "no-healthcheck": true, "health-retries": 1 }),
      /--no-healthcheck/,
    );
  });
});
