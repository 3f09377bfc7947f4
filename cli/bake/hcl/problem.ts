import { Failure } from "../../../core/errors.ts";
import type { At } from "./ast.ts";

export const invalid = ({ file, line }: At, why: string): Failure =>
  new Failure("BAKE_FILE_INVALID", { file, line, why });
