import type { DebugOptions } from "../../engine/api.ts";
import { runSession } from "../container/session.ts";
import { type Context, warn } from "../context.ts";

/** Connects this process's standard streams to a shell, or a command, in what a failed step of a build left. Resolves with its status. */
export async function debugBuild(
  context: Context,
  build: string,
  options: Pick<DebugOptions, "command" | "secrets"> & { readonly tty: boolean },
): Promise<number> {
  const { tty, ...rest } = options;
  const { columns = 80, rows = 24 } = context.stdout;
  const { buildDebugger } = await context.engine();
  const warnings: string[] = [];
  await using session = await buildDebugger.debug(build, {
    ...rest,
    ...(tty ? { terminal: { columns, rows } } : {}),
    warn: (warning) => warnings.push(warning),
  });
  for (const warning of warnings) await warn(context, `WARNING: ${warning}`);
  if (session.missing.length > 0) await warn(context, `not here any more: ${session.missing.join(", ")}`);
  if (options.command === undefined || options.command.length === 0)
    await warn(context, `the step that failed: ${session.command.join(" ")}`);
  const streams = { stdin: true, stdout: true, stderr: true };
  await runSession(context, session, { streams, tty, detachKeys: Buffer.alloc(0) });
  return await session.wait();
}

/** Whether somebody sits in front of it. */
export const isInteractive = ({ stdin, stdout }: Context): boolean =>
  stdin().isTTY === true && stdout.isTTY === true;
