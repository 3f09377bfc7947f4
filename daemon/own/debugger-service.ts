import { Failure } from "../../core/errors.ts";
import type { BuildDebugger, DebugSession } from "../../engine/api.ts";
import { type Rpc, type RpcTalk, talking } from "../../wire/grpc/service.ts";
import { DEBUG_ANSWER, DEBUG_REQUEST, type DebugRequest } from "../../wire/slipway/debug.ts";
import { sessionSecrets } from "../buildkit/session-secrets.ts";
import type { Sessions } from "../buildkit/sessions.ts";

interface Parts {
  readonly buildDebugger: BuildDebugger;
  readonly sessions: Sessions;
}
type Talk = RpcTalk<DebugRequest, Parameters<typeof DEBUG_ANSWER.encode>[0]>;
type Start = NonNullable<DebugRequest["start"]>;

/** See wire/slipway/debug.ts. */
export const debuggerRpcs = (parts: Parts): readonly Rpc[] => [
  talking("Debug", DEBUG_REQUEST, DEBUG_ANSWER, async (talk) => {
    const requests = talk.messages[Symbol.asyncIterator]();
    const { value: first } = await requests.next();
    const start = (first as DebugRequest | undefined)?.start;
    if (start === undefined)
      throw new Failure("REQUEST_INVALID", { why: "the first message starts nothing" });
    await serve(parts, start, { ...talk, messages: { [Symbol.asyncIterator]: () => requests } });
  }),
];

async function serve({ buildDebugger, sessions }: Parts, start: Start, talk: Talk): Promise<void> {
  const { build, command, terminal, session } = start;
  const warnings: string[] = [];
  const lender = session === "" ? undefined : await sessions.get(session, talk.signal);
  await using debugged = await buildDebugger.debug(build, {
    ...(command.length === 0 ? {} : { command }),
    ...(terminal === undefined ? {} : { terminal }),
    ...(lender === undefined ? {} : { secrets: sessionSecrets(lender) }),
    warn: (warning) => warnings.push(warning),
  });
  await talk.send({ began: { command: [...debugged.command], missing: [...debugged.missing], warnings } });
  const gone = new Promise<void>((resolve) =>
    talk.signal.addEventListener("abort", () => resolve(), { once: true }),
  );
  // A client that has gone hears nothing more, and what it typed came before.
  const input = copyInput(talk, debugged).catch(() => undefined);
  await Promise.race([copyOutput(debugged, talk), gone]);
  if (talk.signal.aborted) return;
  await talk.send({ exit: { code: await debugged.wait() } });
  void input;
}

async function copyOutput({ output }: DebugSession, talk: Talk): Promise<void> {
  for await (const { stream, data } of output)
    await talk.send({ output: { isError: stream === "stderr", data: Buffer.from(data) } });
}

async function copyInput({ messages }: Talk, session: DebugSession): Promise<void> {
  for await (const { input, closeInput, resize } of messages) {
    if (input.byteLength > 0) await session.write(input);
    if (resize !== undefined) await session.resize(resize.columns, resize.rows);
    if (closeInput) await session.closeInput();
  }
}
