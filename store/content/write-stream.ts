import { writev } from "node:fs";
import { promisify } from "node:util";
import type { ByteStream } from "../../core/streams.ts";
import { GatheredWrites } from "./gathered-writes.ts";

const writeSome = promisify(writev);

/** Writes all of a stream at the descriptor's position. When it settles, nothing is being written any more. */
export async function writeStream(fd: number, source: ByteStream): Promise<void> {
  const gathered = new GatheredWrites((chunks) => writeSome(fd, chunks));
  try {
    for await (const chunk of source) await gathered.add(chunk);
  } catch (error) {
    await gathered.flush().catch(() => undefined);
    throw error;
  }
  await gathered.flush();
}
