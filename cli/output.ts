import { fstatSync, type Stats, writeSync } from "node:fs";
import type { Output } from "./context.ts";

/** What a process ends with that SIGPIPE ends. */
const BROKEN_PIPE = 141;
/** Memory, which /dev/null is of: mem(4). */
const MEMORY_DEVICES = 1;

type Stream = Output & Pick<NodeJS.WriteStream, "on">;

/**
 * Standard output or standard error. A file, a pipe or a socket is written to at once, as Node does it, too, whose streams for them take longer
 * to load than many a command lasts. `stream`, Node's, serves terminals and what is busy. A reader that went away ("slipway logs x | head") ends
 * the process quietly, as SIGPIPE does elsewhere.
 */
export function openOutput(fd: number, stream: () => Stream): Output {
  let opened: Stream | undefined;
  const slow = (): Stream => {
    opened ??= guarded(stream());
    return opened;
  };
  if (mayBeTerminal(fstatSync(fd))) return slow();
  return {
    write: (data, done) => {
      const bytes = typeof data === "string" ? Buffer.from(data) : data;
      const written = opened === undefined ? writeNow(fd, bytes) : 0;
      if (written < bytes.length) return slow().write(bytes.subarray(written), done);
      done?.();
      return true;
    },
  };
}

/** Of the number of a device, makedev(3). */
const majorOf = (device: number): number => (device >> 8) & 0xfff;

const mayBeTerminal = (stat: Stats): boolean =>
  stat.isCharacterDevice() && majorOf(stat.rdev) !== MEMORY_DEVICES;

function guarded(stream: Stream): Stream {
  stream.on("error", (error: NodeJS.ErrnoException) =>
    process.exit(error.code === "EPIPE" ? BROKEN_PIPE : 1),
  );
  return stream;
}

/** How many of the bytes could be written without waiting, where the other end was opened so. */
function writeNow(fd: number, bytes: Uint8Array): number {
  let written = 0;
  try {
    while (written < bytes.length) written += writeSync(fd, bytes, written);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "EPIPE") process.exit(BROKEN_PIPE);
    if (code !== "EAGAIN") throw error;
  }
  return written;
}
