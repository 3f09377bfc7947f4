/**
 * Many texts as the addon takes them (Texts in native/src/values.h): "text\0" each. Some thousands are one piece, so that neither the parts nor the
 * whole are ever in memory at once.
 */
export interface PackedTexts {
  readonly count: number;
  readonly pieces: readonly string[];
}

const TOGETHER = 4096;

export class TextPacker {
  readonly #pieces: string[] = [];
  #texts: string[] = [];
  #count = 0;

  add(text: string): void {
    if (this.#texts.push(text) === TOGETHER) this.#join();
  }

  finish(): PackedTexts {
    this.#join();
    return { count: this.#count, pieces: this.#pieces };
  }

  #join(): void {
    this.#count += this.#texts.length;
    this.#texts.push("");
    this.#pieces.push(this.#texts.join("\0"));
    this.#texts = [];
  }
}

export function packTexts(texts: Iterable<string>): PackedTexts {
  const packer = new TextPacker();
  for (const text of texts) packer.add(text);
  return packer.finish();
}
