import { open, rename, rm } from "node:fs/promises";
import { resolve } from "node:path";
import { Failure } from "../core/errors.ts";
import type { ByteStream } from "../core/streams.ts";
import { writeFileFrom } from "../core/write-file.ts";
import { type Context, write } from "./context.ts";

/** Writes to the file `path`, which appears only when complete, or to standard output. */
export async function writeTo(context: Context, path: string | undefined, bytes: ByteStream): Promise<void> {
  if (path === undefined || path === "-") {
    for await (const chunk of bytes) await write(context.stdout, chunk);
    return;
  }
  const target = resolve(context.cwd, path);
  const temporary = `${target}.${process.pid}.tmp`;
  try {
    await writeFileFrom(temporary, bytes, { mode: 0o600 });
    await rename(temporary, target);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

/** Reads the file `path`, or standard input when it is absent or "-". Throws INPUT_REQUIRED; reading rejects with OPTION_INVALID. */
export function readFrom(context: Context, path: string | undefined): ByteStream {
  if (path !== undefined && path !== "-") return contentOf(resolve(context.cwd, path));
  if (context.stdin().isTTY === true) throw new Failure("INPUT_REQUIRED", {});
  return context.stdin() as AsyncIterable<Uint8Array>;
}

/** Opens on the first pull: nobody would meet the failure before. */
async function* contentOf(path: string): AsyncGenerator<Uint8Array> {
  const file = await open(path).catch((cause: NodeJS.ErrnoException) => {
    const want = `a file that can be read (${cause.code})`;
    throw new Failure("OPTION_INVALID", { option: "the archive", got: path, want }, { cause });
  });
  yield* file.createReadStream();
}
