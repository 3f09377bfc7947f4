import { stripVTControlCharacters } from "node:util";

/** Characters a terminal draws two cells wide: East Asian Wide and Fullwidth (UAX #11, roughly by block), and emoji. */
const WIDE =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97f\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|\p{Emoji_Presentation}/u;
const ZERO = /[\p{Mn}\p{Me}\p{Cf}]/u;

const cells = (character: string): number => (ZERO.test(character) ? 0 : WIDE.test(character) ? 2 : 1);

/** Text of unknown origin as one harmless line: no escape sequences, no control characters; of "10%\r20%" the last. */
export function harmless(line: string): string {
  const last = line.replace(/\r+$/, "").split("\r").at(-1) ?? "";
  return stripVTControlCharacters(last)
    .replaceAll("\t", "    ")
    .replace(/\p{Cc}/gu, "");
}

/** The number of cells a harmless line takes. */
export function widthOf(text: string): number {
  let width = 0;
  for (const character of text) width += cells(character);
  return width;
}

/** Cuts a harmless line to `width` cells. */
export function clip(text: string, width: number): string {
  // Every character is at most two cells.
  if (text.length * 2 <= width) return text;
  let used = 0;
  let kept = "";
  for (const character of text) {
    used += cells(character);
    if (used > width) break;
    kept += character;
  }
  return kept;
}
