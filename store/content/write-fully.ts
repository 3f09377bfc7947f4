import { write } from "node:fs";
import { promisify } from "node:util";

const writeSome = promisify(write);

/** Writes all of `content` at the descriptor's position. */
export async function writeFully(fd: number, content: Uint8Array): Promise<void> {
  for (let done = 0; done < content.byteLength; )
    done += (await writeSome(fd, content, done, content.byteLength - done, null)).bytesWritten;
}
