import { isSpace } from "./characters.ts";

/** Collects words beside the whole text. */
export class WordCollector {
  readonly done: string[] = [];
  #current = "";

  /** Part of a word, whatever it is. */
  raw(text: string): void {
    this.#current += text;
  }

  /** White space ends a word. */
  split(text: string): void {
    for (const c of text) {
      if (isSpace(c)) this.end();
      else this.#current += c;
    }
  }

  end(): readonly string[] {
    if (this.#current !== "") this.done.push(this.#current);
    this.#current = "";
    return this.done;
  }
}
