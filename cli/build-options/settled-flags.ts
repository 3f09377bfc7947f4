import { Failure } from "../../core/errors.ts";
import type { Flags } from "../flags.ts";

/** Flags of Docker's for which there is one answer here, as scripts give it. */
export const SETTLED_FLAGS = {
  builder: { kind: "string", default: "default", help: 'Name of the builder: there is one ("default")' },
  compress: { kind: "bool", help: "Compress the build context: of no effect, as with BuildKit" },
  isolation: {
    kind: "string",
    default: "default",
    help: 'Container isolation technology: there is one ("default")',
  },
} as const satisfies Flags;

/** Throws OPTION_UNSUPPORTED for another answer. */
export function refuseUnsettled(flags: { readonly builder: string; readonly isolation?: string }): void {
  for (const [name, value] of Object.entries(flags))
    if (value !== "" && value !== "default")
      throw new Failure("OPTION_UNSUPPORTED", { option: `--${name}=${value}` });
}
