import type { ProgressStream } from "../../../cli/progress/progress.ts";

const SEQUENCE = /\p{Cc}\[(?<count>\??\d*(?:;\d+)*)(?<verb>[A-Za-z])/uy;

/** A terminal as far as the live view uses one: carriage return, newline, wrapping, cursor up, erase, hidden cursor. Colours are dropped. */
export class Screen implements ProgressStream {
  readonly isTTY = true;
  readonly columns: number;
  readonly rows: number;
  #lines: string[] = [""];
  #row = 0;
  #column = 0;
  cursorVisible = true;

  constructor(columns: number, rows: number) {
    this.columns = columns;
    this.rows = rows;
  }

  get text(): string {
    return this.#lines.map((line) => line.trimEnd()).join("\n");
  }

  write(text: string): void {
    for (let at = 0; at < text.length; ) {
      SEQUENCE.lastIndex = at;
      const sequence = SEQUENCE.exec(text);
      if (sequence !== null) {
        this.#control(sequence.groups?.["verb"] ?? "", sequence.groups?.["count"] ?? "");
        at = SEQUENCE.lastIndex;
        continue;
      }
      this.#character(text[at] ?? "");
      at += 1;
    }
  }

  #control(verb: string, count: string): void {
    const effects: Readonly<Record<string, () => void>> = {
      A: () => {
        this.#row = Math.max(0, this.#row - Number(count));
      },
      K: () => {
        this.#lines[this.#row] = (this.#lines[this.#row] ?? "").slice(0, this.#column);
      },
      J: () => {
        this.#lines.length = this.#row + 1;
        this.#lines[this.#row] = (this.#lines[this.#row] ?? "").slice(0, this.#column);
      },
      m: () => {},
      h: () => {
        this.cursorVisible = true;
      },
      l: () => {
        this.cursorVisible = false;
      },
    };
    const effect = effects[verb];
    if (effect === undefined) throw new Error(`the screen knows no sequence ${count}${verb}`);
    effect();
  }

  #character(character: string): void {
    if (character === "\r") this.#column = 0;
    else if (character === "\n") {
      this.#row += 1;
      this.#column = 0;
      this.#lines[this.#row] ??= "";
    } else {
      if (this.#column === this.columns) {
        this.#row += 1;
        this.#column = 0;
      }
      const line = (this.#lines[this.#row] ?? "").padEnd(this.#column);
      this.#lines[this.#row] = line.slice(0, this.#column) + character + line.slice(this.#column + 1);
      this.#column += 1;
    }
  }
}
