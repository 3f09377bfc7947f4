import { createWriteStream } from "node:fs";
import { pipeline } from "node:stream/promises";
import type { Abortable, ByteStream } from "./streams.ts";

export interface WriteFileOptions extends Abortable {
  /** As open(2) takes them, "w" when absent. */
  readonly flags?: string;
  /** Of a file that is made, before the umask. */
  readonly mode?: number;
}

/**
 * Writes what `content` yields to a file and closes it. Rejects with what the file system or the content says, once the file is closed: what was
 * written stays and is the caller's to remove, which a file that is only then opened would come after.
 */
export async function writeFileFrom(
  path: string,
  content: ByteStream,
  { flags = "w", mode = 0o666, signal }: WriteFileOptions = {},
): Promise<void> {
  const file = createWriteStream(path, { flags, mode });
  const closed = new Promise<void>((resolve) => file.once("close", resolve));
  try {
    await pipeline(content, file, signal === undefined ? {} : { signal });
  } finally {
    await closed;
  }
}
