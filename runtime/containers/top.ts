import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { Failure } from "../../core/errors.ts";

export interface ProcessTable {
  readonly titles: readonly string[];
  readonly processes: readonly (readonly string[])[];
}

/** Selects the rows of the given processes from the output of ps(1); the last column keeps its spaces. */
export function parsePs(output: string, pids: ReadonlySet<number>): ProcessTable {
  const [head = "", ...lines] = output.split("\n").filter((line) => line.trim() !== "");
  const titles = head.trim().split(/\s+/);
  const column = titles.indexOf("PID");
  if (column === -1)
    throw new Failure("CONTAINER_CONFIG_INVALID", { why: "Couldn't find PID field in ps output" });
  const rows = lines.map((line) => {
    const fields = line.trim().split(/\s+/);
    return [...fields.slice(0, titles.length - 1), fields.slice(titles.length - 1).join(" ")];
  });
  return { titles, processes: rows.filter((row) => pids.has(Number(row[column]))) };
}

/** The processes `pids` as the host's ps shows them with these arguments. */
export async function listProcesses(pids: readonly number[], args: readonly string[]): Promise<ProcessTable> {
  try {
    const { stdout } = await promisify(execFile)("ps", [...(args.length === 0 ? ["-ef"] : args)], {
      maxBuffer: 64 * 1024 * 1024,
    });
    return parsePs(stdout, new Set(pids));
  } catch (error) {
    if (error instanceof Failure) throw error;
    const why = `Error running ps: ${(error as { stderr?: string }).stderr?.trim() || (error as Error).message}`;
    throw new Failure("CONTAINER_CONFIG_INVALID", { why }, { cause: error });
  }
}
