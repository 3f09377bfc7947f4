import { Failure } from "../../core/errors.ts";
import { isRegular, PACKET_TYPES, type Packet, type Stat } from "../../wire/buildkit/session.ts";

/** Files asked for ahead of their turn, and the bytes they may have together: what comes of them is kept in memory. */
const AHEAD_FILES = 64;
const AHEAD_BYTES = 4 << 20;

interface Incoming {
  readonly chunks: Uint8Array[];
  /** Bytes that may still come. */
  missing: number;
  ended: boolean;
}

const broken = (why: string): Failure => new Failure("SESSION_BROKEN", { why });

/** The contents of a listing's files, to be read in its order. The client sends several at a time, in pieces. */
export class FileContents {
  readonly #entries: readonly Stat[];
  readonly #packets: AsyncGenerator<Packet, void>;
  readonly #ask: (id: number) => Promise<void>;
  readonly #incoming = new Map<number, Incoming>();
  /** The first entry that was not looked at for being asked for. */
  #next = 0;
  #aheadBytes = 0;

  constructor(
    entries: readonly Stat[],
    packets: AsyncGenerator<Packet, void>,
    ask: (id: number) => Promise<void>,
  ) {
    this.#entries = entries;
    this.#packets = packets;
    this.#ask = ask;
  }

  /** Rejects with SESSION_BROKEN when it has not the announced size. */
  async *of(id: number): AsyncGenerator<Uint8Array> {
    await this.#askAhead(id);
    const incoming = this.#incoming.get(id);
    if (incoming === undefined) throw new RangeError("files are read in the order of their listing");
    for (;;) {
      yield* incoming.chunks.splice(0);
      if (incoming.ended) break;
      await this.#receive();
    }
    this.#incoming.delete(id);
    const { path = "", size = 0 } = this.#entries[id] ?? {};
    this.#aheadBytes -= size;
    if (incoming.missing > 0) throw broken(`${path} cannot be read, or it changed while it was sent`);
  }

  async #askAhead(id: number): Promise<void> {
    for (; this.#next < this.#entries.length; this.#next += 1) {
      const stat = this.#entries[this.#next];
      if (stat === undefined || !isRegular(stat)) continue;
      const full = this.#incoming.size >= AHEAD_FILES || this.#aheadBytes + stat.size > AHEAD_BYTES;
      if (this.#next > id && full) return;
      this.#incoming.set(this.#next, { chunks: [], missing: stat.size, ended: false });
      this.#aheadBytes += stat.size;
      await this.#ask(this.#next);
    }
  }

  async #receive(): Promise<void> {
    const { done, value } = await this.#packets.next();
    if (done === true) throw broken("it ended while files were sent");
    const incoming = this.#incoming.get(value.id);
    if (value.type !== PACKET_TYPES.data || incoming === undefined || incoming.ended)
      throw broken("content came that nobody asked for");
    if (value.data.byteLength === 0) incoming.ended = true;
    incoming.missing -= value.data.byteLength;
    if (incoming.missing < 0) throw broken("a file has more bytes than were announced");
    incoming.chunks.push(value.data);
  }
}
