import { Duplex } from "node:stream";
import type { SshSource } from "../../engine/api.ts";
import { BYTES, CHECK_AGENT_REQUEST, EMPTY } from "../../wire/buildkit/session.ts";
import type { Conversation } from "../../wire/grpc/channel.ts";
import { RpcError } from "../../wire/grpc/status.ts";
import type { Session } from "./sessions.ts";

const CHECK = "/moby.sshforward.v1.SSH/CheckAgent";
const FORWARD = "/moby.sshforward.v1.SSH/ForwardAgent";
/** Names the agent in the headers of a connection to it. */
const AGENT = "buildkit.ssh.id";

type Bytes = Conversation<{ readonly data: Uint8Array }, { readonly data: Uint8Array }>;

/** The ssh agents that the client lends. */
export const sessionSsh = ({ channel, serves }: Session): SshSource => ({
  async has(id, options = {}) {
    if (!serves(CHECK)) return false;
    try {
      await channel.call(CHECK, { request: CHECK_AGENT_REQUEST, response: EMPTY }, { id }, options);
      return true;
    } catch (error) {
      if (error instanceof RpcError) return false;
      throw error;
    }
  },
  async connect(id, options = {}) {
    const types = { request: BYTES, response: BYTES };
    return duplexOf(channel.converse(FORWARD, types, { ...options, headers: { [AGENT]: id } }));
  },
});

/** A conversation of bytes as a stream. Destroying it ends the conversation. */
function duplexOf(talk: Bytes): Duplex {
  const messages = talk.messages[Symbol.asyncIterator]();
  return new Duplex({
    read() {
      messages.next().then(
        ({ done, value }) => this.push(done === true ? null : Buffer.from(value.data)),
        (error: Error) => this.destroy(error),
      );
    },
    write(chunk: Buffer, _encoding, done) {
      void settle(talk.send({ data: chunk }), done);
    },
    final(done) {
      talk.end();
      done();
    },
    destroy(error, done) {
      void settle(talk[Symbol.asyncDispose](), (failed) => done(failed ?? error));
    },
  });
}

async function settle(work: PromiseLike<void>, done: (error?: Error | null) => void): Promise<void> {
  let failed: Error | undefined;
  try {
    await work;
  } catch (error) {
    failed = error as Error;
  }
  done(failed);
}
