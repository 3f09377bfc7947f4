import { closeSync, constants, openSync, read } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";

const READ_SIZE = 1 << 20;
/** The kernel tells nobody that a file has grown. */
const LOOK_AGAIN_MS = 5;

/** The bytes of a file that is being written, until it `ended` and all are read. The path is opened at once, so the file may be renamed then. */
export function followFile(path: string, ended: () => boolean): AsyncGenerator<Uint8Array> {
  return follow(openSync(path, constants.O_RDONLY), ended);
}

async function* follow(fd: number, ended: () => boolean): AsyncGenerator<Uint8Array> {
  try {
    for (let at = 0; ; ) {
      // Asked before the read, which then sees what was written by the end.
      const last = ended();
      const { buffer, bytesRead } = await promisify(read)(
        fd,
        Buffer.allocUnsafe(READ_SIZE),
        0,
        READ_SIZE,
        at,
      );
      if (bytesRead > 0) yield buffer.subarray(0, bytesRead);
      else if (last) return;
      else await sleep(LOOK_AGAIN_MS);
      at += bytesRead;
    }
  } finally {
    closeSync(fd);
  }
}
