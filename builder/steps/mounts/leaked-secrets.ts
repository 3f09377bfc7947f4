import { Readable } from "node:stream";
import { extract } from "tar-stream";
import type { Abortable, ByteStream } from "../../../core/streams.ts";

/** The value of a secret that a command was given. */
export interface GivenSecret {
  readonly id: string;
  readonly value: Uint8Array;
}

export interface Leak {
  readonly id: string;
  /** Absolute, in the root filesystem. */
  readonly path: string;
}

/** What is shorter is found by chance. In bytes. */
const SHORTEST = 6;
/** More need not be told. */
const MOST = 20;

interface Needle {
  readonly id: string;
  readonly bytes: Buffer;
}

/**
 * The files of a layer's tar that contain the value of a secret, as it is or in base64; a line break at the value's end does not count.
 */
export async function findLeaks(
  tar: ByteStream,
  secrets: readonly GivenSecret[],
  { signal }: Abortable = {},
): Promise<readonly Leak[]> {
  const needles = secrets.flatMap(needlesOf);
  if (needles.length === 0) return [];
  const leaks: Leak[] = [];
  const parser = extract();
  const source = Readable.from(tar, signal === undefined ? {} : { signal });
  source.on("error", (error) => parser.destroy(error));
  source.pipe(parser);
  for await (const entry of parser) {
    const found = new Set<string>();
    const search = new Search(needles, (id) => found.add(id));
    for await (const chunk of entry as AsyncIterable<Buffer>) search.push(chunk);
    for (const id of found) if (leaks.length < MOST) leaks.push({ id, path: `/${entry.header.name}` });
  }
  return leaks;
}

function needlesOf({ id, value }: GivenSecret): readonly Needle[] {
  const trimmed = Buffer.from(
    Buffer.from(value)
      .toString("latin1")
      .replace(/[\r\n]+$/, ""),
    "latin1",
  );
  if (trimmed.byteLength < SHORTEST) return [];
  // Its end depends on what follows the value.
  const encoded = Buffer.from(trimmed.toString("base64").replace(/.?=*$/, ""));
  return [trimmed, encoded].map((bytes) => ({ id, bytes }));
}

/** Looks for texts in a stream, also across its pieces. */
class Search {
  readonly #needles: readonly Needle[];
  readonly #found: (id: string) => void;
  readonly #overlap: number;
  #tail = Buffer.alloc(0);

  constructor(needles: readonly Needle[], found: (id: string) => void) {
    this.#needles = needles;
    this.#found = found;
    this.#overlap = Math.max(...needles.map(({ bytes }) => bytes.byteLength)) - 1;
  }

  push(chunk: Buffer): void {
    const seam = Buffer.concat([this.#tail, chunk.subarray(0, this.#overlap)]);
    for (const { id, bytes } of this.#needles)
      if (chunk.includes(bytes) || seam.includes(bytes)) this.#found(id);
    this.#tail = Buffer.concat([this.#tail, chunk.subarray(-this.#overlap)]).subarray(-this.#overlap);
  }
}
