import { csvFields as fields } from "../../../core/csv.ts";
import { Problem } from "../problem.ts";

/** The fields of one line of comma separated values, RFC 4180. Throws a Problem. */
export function csvFields(line: string): readonly string[] {
  try {
    return fields(line);
  } catch (error) {
    throw error instanceof RangeError ? new Problem(error.message) : error;
  }
}
