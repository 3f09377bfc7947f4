import type { InstructionNode, ParsedDockerfile } from "../ast.ts";
import { located, Problem } from "../problem.ts";
import { readInstruction } from "./read.ts";
import type { Arg, Command, From, Instruction, TypedDockerfile } from "./types.ts";

/**
 * Gives every instruction its meaning and sorts them into stages. Throws DOCKERFILE_INVALID.
 * `visit` sees each node before it is read.
 */
export function readStages(
  { nodes, file }: Pick<ParsedDockerfile, "nodes" | "file">,
  visit: (node: InstructionNode) => void = () => {},
): TypedDockerfile {
  const globalArgs: Arg[] = [];
  const stages: { readonly from: From; readonly commands: Command[] }[] = [];
  for (const node of nodes) {
    visit(node);
    located({ file, lines: node.lines }, () => {
      const instruction = read(node);
      const stage = stages.at(-1);
      if (instruction.kind === "FROM") stages.push({ from: instruction, commands: [] });
      else if (stage !== undefined) stage.commands.push(instruction);
      else if (instruction.kind === "ARG") globalArgs.push(instruction);
      else throw new Problem("no build stage in current context");
    });
  }
  if (stages.length === 0) {
    located({ file, lines: { first: 0, last: 0 } }, () => {
      throw new Problem("dockerfile contains no stages to build");
    });
  }
  return { globalArgs, stages };
}

function read(node: InstructionNode): Instruction {
  try {
    return readInstruction(node);
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    throw new Problem(`dockerfile parse error on line ${node.lines.first}: ${error.message}`);
  }
}
