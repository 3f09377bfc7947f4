import assert from "node:assert/strict";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { describe, it } from "mocha";
import { PlainProgress } from "../../../cli/progress/plain.ts";
import { RawJsonProgress } from "../../../cli/progress/raw-json.ts";
import { TtyProgress } from "../../../cli/progress/tty.ts";
import type { BuildEvent } from "../../../engine/api.ts";
import { Screen } from "./screen.ts";

// recorded/CASE.jsonl: events of a build, output as text, and {"draw": time} where the live view is looked at.
// recorded/CASE.MODE.txt: what is written. UPDATE=1 writes these anew.
const folder = new URL("recorded/", import.meta.url);
type Line = BuildEvent | { readonly draw: number };

function recorded(name: string): readonly Line[] {
  return readFileSync(new URL(`${name}.jsonl`, folder), "utf8")
    .trimEnd()
    .split("\n")
    .map((line) => {
      const event = JSON.parse(line) as Line & { data?: string };
      return event.data === undefined ? event : { ...event, data: Buffer.from(event.data) };
    });
}

function collected(): { readonly text: () => string; write(text: string): void } {
  const parts: string[] = [];
  return { text: () => parts.join(""), write: (text) => void parts.push(text) };
}

function plain(lines: readonly Line[]): string {
  const stream = collected();
  const progress = new PlainProgress(stream);
  for (const line of lines) if (!("draw" in line)) progress.report(line);
  progress.close();
  return stream.text();
}

function rawjson(lines: readonly Line[]): string {
  const stream = collected();
  const progress = new RawJsonProgress(stream);
  for (const line of lines) if (!("draw" in line)) progress.report(line);
  return stream.text();
}

/** The screen at every "draw" and at the end, framed. */
function tty(lines: readonly Line[]): string {
  const screen = new Screen(60, 12);
  let now = 0;
  const progress = new TtyProgress(screen, { color: true, now: () => now });
  const screens: string[] = [];
  const take = (): void => void screens.push(`${screen.text.trimEnd()}\n${"─".repeat(60)}\n`);
  for (const line of lines) {
    if ("draw" in line) {
      now = line.draw;
      progress.draw();
      take();
    } else {
      if ("time" in line) now = line.time;
      progress.report(line);
    }
  }
  assert.equal(screen.cursorVisible, false);
  progress.close();
  assert.equal(screen.cursorVisible, true);
  take();
  return screens.join("");
}

const MODES = { plain, rawjson, tty } as const;
const cases = readdirSync(folder)
  .filter((name) => name.endsWith(".jsonl"))
  .map((name) => name.slice(0, -".jsonl".length));

describe("progress renderers", () => {
  for (const name of cases) {
    for (const [mode, render] of Object.entries(MODES)) {
      it(`${name} in ${mode} is as recorded`, () => {
        const expected = new URL(`${name}.${mode}.txt`, folder);
        const text = render(recorded(name));
        if (process.env["UPDATE"] === "1") writeFileSync(expected, text);
        assert.equal(text, readFileSync(expected, "utf8"));
      });
    }
  }
});
