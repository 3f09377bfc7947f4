import { stat } from "node:fs/promises";
import { resolve } from "node:path";
import { Failure } from "../../core/errors.ts";
import type { SshSource } from "../../engine/api.ts";
import type { Agent } from "./ssh-agent.ts";

interface Surroundings {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/**
 * `--ssh default|ID[=SOCKET|KEY[,KEY…]]`: the agent at a socket, $SSH_AUTH_SOCK when nothing is named, or one made of key files.
 * Commands may list and use its keys, and nothing else. Throws OPTION_INVALID.
 */
export async function readSsh(
  flags: readonly string[],
  surroundings: Surroundings,
): Promise<SshSource | undefined> {
  if (flags.length === 0) return undefined;
  const agents = new Map<string, Agent>();
  for (const text of flags) {
    const [id, paths] = splitOnce(text);
    agents.set(id === "" ? "default" : id, await openAgent(text, paths, surroundings));
  }
  const { serve } = await import("./ssh-agent.ts");
  return {
    has: async (id) => agents.has(id),
    connect: async (id) => {
      const agent = agents.get(id);
      if (agent === undefined) throw new Failure("SSH_AGENT_UNKNOWN", { id });
      return serve(agent);
    },
  };
}

function splitOnce(text: string): readonly [string, string | undefined] {
  const at = text.indexOf("=");
  return at === -1 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)];
}

async function openAgent(
  text: string,
  written: string | undefined,
  { cwd, env }: Surroundings,
): Promise<Agent> {
  const invalid = (want: string): Failure =>
    new Failure("OPTION_INVALID", { option: "--ssh", got: text, want });
  const { agentAt, agentOf } = await import("./ssh-agent.ts");
  const given = written === undefined || written === "" ? env["SSH_AUTH_SOCK"] : written;
  if (given === undefined || given === "") throw invalid("SSH_AUTH_SOCK to be set, or a socket or key file");
  const paths = given.split(",").map((path) => resolve(cwd, path));
  const found = await Promise.all(paths.map((path) => stat(path).catch(() => undefined)));
  if (found.includes(undefined)) throw invalid("a socket or key files that are there");
  const [first = ""] = paths;
  if (!found.some((each) => each?.isSocket())) return agentOf(paths, invalid);
  if (paths.length > 1) throw invalid("a single socket, or key files");
  return agentAt(first);
}
