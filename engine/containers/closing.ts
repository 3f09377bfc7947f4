import type { ByteStream } from "../../core/streams.ts";
import type { Tree } from "../../store/types.ts";

/** The stream of a tree that closes with it. */
export async function* closing(tree: Tree, stream: ByteStream): AsyncGenerator<Uint8Array> {
  using _tree = tree;
  yield* stream;
}
