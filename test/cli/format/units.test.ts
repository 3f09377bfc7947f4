import assert from "node:assert/strict";
import { describe, it } from "mocha";
import { humanMemory, humanSize } from "../../../cli/format/units.ts";
import { parseBytes } from "../../../core/bytes.ts";
import { formatDuration, parseDuration } from "../../../core/duration.ts";
import { humanDuration } from "../../../core/human-duration.ts";

const KIB = 1024;
const SECOND = 1000;
const HOUR = 3600 * SECOND;
const DAY = 24 * HOUR;

const SIZES = [
  [0, "0B"],
  [999, "999B"],
  [1000, "1kB"],
  [1980000, "1.98MB"],
  [164_047_917, "164MB"],
  [72_249_123, "72.2MB"],
  [999_900, "1MB"],
  [2.5e9, "2.5GB"],
] as const;
const MEMORY = [
  [512 * KIB * KIB, "512MiB"],
  [1.5 * KIB ** 3, "1.5GiB"],
  [7.6543 * KIB ** 3, "7.654GiB"],
] as const;
const DURATIONS = [
  [0, "Less than a second"],
  [1 * SECOND, "1 second"],
  [59 * SECOND, "59 seconds"],
  [60 * SECOND, "About a minute"],
  [45 * 60 * SECOND, "45 minutes"],
  [60 * 60 * SECOND, "About an hour"],
  [1.6 * HOUR, "2 hours"],
  [47 * HOUR, "47 hours"],
  [3 * DAY, "3 days"],
  [15 * DAY, "2 weeks"],
  [70 * DAY, "2 months"],
  [800 * DAY, "2 years"],
] as const;
const BYTES = [
  ["1024", 1024],
  ["512m", 512 * KIB ** 2],
  ["64KB", 64 * KIB],
  ["1.5g", 1.5 * KIB ** 3],
  ["2 GiB", 2 * KIB ** 3],
  ["4b", 4],
] as const;
const GO_DURATIONS = [
  ["1h2m", HOUR + 2 * 60 * SECOND],
  ["1.5s", 1500],
  ["300ms", 300],
  ["-2s", -2000],
  ["100us", 0.1],
  ["0", 0],
] as const;

describe("units", () => {
  for (const [bytes, text] of SIZES)
    it(`${bytes} bytes are listed as ${text}`, () => assert.equal(humanSize(bytes), text));
  for (const [bytes, text] of MEMORY)
    it(`${bytes} bytes of memory are ${text}`, () => assert.equal(humanMemory(bytes), text));
  for (const [ms, text] of DURATIONS)
    it(`${ms} ms are "${text}"`, () => assert.equal(humanDuration(ms), text));
  for (const [text, bytes] of BYTES)
    it(`"${text}" is ${bytes} bytes`, () => assert.equal(parseBytes(text), bytes));
  for (const [text, ms] of GO_DURATIONS)
    it(`"${text}" is ${ms} ms`, () => assert.equal(parseDuration(text), ms));
  for (const [ms, text] of [
    [0, "0s"],
    [250, "250ms"],
    [1500, "1.5s"],
    [90 * SECOND, "1m30s"],
    [HOUR, "1h0m0s"],
    [-HOUR, "-1h0m0s"],
  ] as const)
    it(`${ms} ms are written as ${text}`, () => assert.equal(formatDuration(ms), text));
  for (const text of ["", "abc", "1x", "-5m", "1e3", "9".repeat(30)])
    it(`"${text}" is no size`, () =>
      assert.throws(() => parseBytes(text), { message: `invalid size: '${text}'` }));
  for (const [text, message] of [
    ["", 'time: invalid duration ""'],
    ["5", 'time: missing unit in duration "5"'],
    ["1h x", 'time: invalid duration "1h x"'],
    ["99999999h", 'time: invalid duration (longer than 292 years) "99999999h"'],
    [`-${"9".repeat(400)}s`, `time: invalid duration (longer than 292 years) "-${"9".repeat(400)}s"`],
  ] as const)
    it(`"${text}" is no duration`, () => assert.throws(() => parseDuration(text), { message }));
});
