import { aboveTls } from "../core/above-tls.ts";
import { Failure } from "../core/errors.ts";
import { Undo } from "../core/undo.ts";
import type { BuildDebugger, DebugOptions, DebugSession } from "../engine/api.ts";
import { Channel, type Conversation } from "../wire/grpc/channel.ts";
import { RpcError } from "../wire/grpc/status.ts";
import { DEBUG_ANSWER, DEBUG_REQUEST, DEBUGGER, type DebugAnswer } from "../wire/slipway/debug.ts";
import { secretsRpcs } from "./build/lend-secrets.ts";
import { openSession } from "./build/session.ts";
import { failureOf } from "./http/failures.ts";
import type { Transport } from "./http/transport.ts";
import { lacks } from "./lacks.ts";

type Talk = Conversation<DebugAnswer, Parameters<typeof DEBUG_REQUEST.encode>[0]>;
/** The status of a command that ended with its connection. */
const KILLED = 137;
const TYPES = { request: DEBUG_REQUEST, response: DEBUG_ANSWER };

/** Enters what failed steps left with Slipway's daemon: see wire/slipway/debug.ts. */
export class RemoteBuildDebugger implements BuildDebugger {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  async debug(
    build: string,
    { secrets, warn, command = [], terminal }: DebugOptions = {},
  ): Promise<DebugSession> {
    if (!this.#transport.isOwn) throw lacks("entering a failed step");
    const undo = new Undo();
    try {
      const lent =
        secrets &&
        (await openSession(this.#transport, { "moby.buildkit.secrets.v1.Secrets": secretsRpcs(secrets) }));
      if (lent !== undefined) undo.add(async () => lent[Symbol.dispose]());
      const socket = await this.#transport.hijack({ method: "POST", path: "/grpc" }, "h2c");
      const channel = new Channel(aboveTls(socket));
      undo.add(async () => channel[Symbol.dispose]());
      const talk = channel.converse(`/${DEBUGGER}/Debug`, TYPES);
      undo.add(() => talk[Symbol.asyncDispose]());
      await talk.send({
        start: {
          build,
          command: [...command],
          session: lent?.id ?? "",
          ...(terminal === undefined ? {} : { terminal }),
        },
      });
      return await begun(talk, undo, warn);
    } catch (error) {
      await undo[Symbol.asyncDispose]();
      throw told(error);
    }
  }
}

async function begun(talk: Talk, undo: Undo, warn: DebugOptions["warn"]): Promise<DebugSession> {
  const answers = talk.messages[Symbol.asyncIterator]();
  const { value } = await answers.next();
  const began = (value as DebugAnswer | undefined)?.began;
  if (began === undefined)
    throw new Failure("DAEMON_ANSWER_INVALID", { why: "it does not say what it began" });
  for (const warning of began.warnings) warn?.(warning);
  let exit: number | undefined;
  let isOver = false;
  async function* output(): DebugSession["output"] {
    try {
      for (let next = await answers.next(); next.done !== true; next = await answers.next()) {
        const { output: piece, exit: ended } = next.value;
        if (piece !== undefined) yield { stream: piece.isError ? "stderr" : "stdout", data: piece.data };
        exit = ended?.code ?? exit;
      }
    } catch (error) {
      throw told(error);
    }
  }
  return {
    command: began.command,
    missing: began.missing,
    output: output(),
    write: (data) => talk.send({ input: Buffer.from(data) }),
    closeInput: () => talk.send({ closeInput: true }),
    resize: (columns, rows) => talk.send({ resize: { columns, rows } }),
    async wait() {
      if (exit !== undefined) return exit;
      if (isOver) return KILLED;
      throw new Failure("DAEMON_ANSWER_INVALID", { why: "it does not say how the command ended" });
    },
    async [Symbol.asyncDispose]() {
      isOver = true;
      await undo[Symbol.asyncDispose]();
    },
  };
}

/** A refusal in the daemon's words. */
const told = (error: unknown): unknown => (error instanceof RpcError ? failureOf(error.message) : error);
