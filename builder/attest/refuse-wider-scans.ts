import { Failure } from "../../core/errors.ts";
import type { InstructionNode } from "../dockerfile/ast.ts";

/** By these BuildKit has the context and other stages scanned too. */
const WIDER = /^(BUILDKIT_SBOM_SCAN_(?:CONTEXT|STAGE))(?:=(.*))?$/;
const NOTHING = ["", "0", "false"];

/** Throws OPTION_UNSUPPORTED when a list of packages is to be of more than the image. */
export function refuseWiderScans(
  nodes: readonly Pick<InstructionNode, "keyword" | "args">[],
  buildArgs: Readonly<Record<string, string>>,
): void {
  const args = nodes.flatMap(({ keyword, args: words }) => (keyword.toUpperCase() === "ARG" ? words : []));
  for (const arg of args) {
    const [, name = "", written = ""] = WIDER.exec(arg) ?? [];
    const value = buildArgs[name] ?? written;
    if (!NOTHING.includes(value.toLowerCase()))
      throw new Failure(
        "OPTION_UNSUPPORTED",
        { option: `${name}=${value}` },
        { hint: "only the image is read" },
      );
  }
}
