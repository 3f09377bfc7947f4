import type { BuildEvent } from "../../../builder/events.ts";
import type { SecretSource } from "../../../builder/ports.ts";
import type { Abortable } from "../../../core/streams.ts";

type Output = Extract<BuildEvent, { readonly type: "output" }>;

const STARS = Buffer.from("***");
/** Shorter ones would make stars of half the output. */
const MIN_SECRET = 4;

/** Knows the secrets that commands were given, and takes them out of what is kept. */
export class Redaction {
  readonly #values = new Set<string>();
  /** The end of each stream's output so far, which may be the beginning of a secret. */
  readonly #held = new Map<string, Output>();

  /** The same secrets, watched as they are handed out. */
  watch(source: SecretSource): SecretSource {
    return {
      secret: async (id: string, options?: Abortable) => {
        const value = await source.secret(id, options);
        if (value !== undefined) this.#learn(value);
        return value;
      },
    };
  }

  /** What may be kept of an event: itself, or output without secrets and without an end that may begin one. */
  apply(event: BuildEvent): readonly BuildEvent[] {
    if (this.#values.size === 0) return [event];
    if (event.type === "finished") return [...this.#release(event.id), this.#withoutError(event)];
    return event.type === "output" ? this.#output(event) : [event];
  }

  /** A text without secrets. */
  text(text: string): string {
    return [...this.#values].reduce((left, value) => left.replaceAll(value, STARS.toString()), text);
  }

  #learn(value: Uint8Array): void {
    const text = Buffer.from(value).toString("latin1");
    for (const form of [text, text.trimEnd()]) if (form.length >= MIN_SECRET) this.#values.add(form);
    // The longest first: one may contain another.
    const sorted = [...this.#values].sort((a, b) => b.length - a.length);
    this.#values.clear();
    for (const form of sorted) this.#values.add(form);
  }

  #output(event: Output): readonly Output[] {
    const key = `${event.id}\0${event.stream}`;
    const before = this.#held.get(key)?.data ?? new Uint8Array();
    const clean = this.text(Buffer.concat([before, event.data]).toString("latin1"));
    const end = clean.length - this.#possibleBeginning(clean);
    this.#held.set(key, { ...event, data: Buffer.from(clean.slice(end), "latin1") });
    return end === 0 ? [] : [{ ...event, data: Buffer.from(clean.slice(0, end), "latin1") }];
  }

  /** How many of the last bytes may begin a secret. */
  #possibleBeginning(text: string): number {
    const lengths = [...this.#values].map((value) => {
      let length = Math.min(value.length - 1, text.length);
      while (length > 0 && !value.startsWith(text.slice(text.length - length))) length -= 1;
      return length;
    });
    return Math.max(0, ...lengths);
  }

  #release(id: string): readonly Output[] {
    const held = [...this.#held].filter(([key]) => key.startsWith(`${id}\0`));
    for (const [key] of held) this.#held.delete(key);
    return held.map(([, event]) => event).filter(({ data }) => data.byteLength > 0);
  }

  #withoutError(event: Extract<BuildEvent, { readonly type: "finished" }>): BuildEvent {
    return event.error === undefined ? event : { ...event, error: this.text(event.error) };
  }
}
