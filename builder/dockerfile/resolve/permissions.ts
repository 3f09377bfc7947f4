import { Problem } from "../problem.ts";
import type { Permissions } from "../resolved.ts";

const CLAUSES = /^[ugoa]*(?:[-+=][rwxXstugo]*)+(?:,[ugoa]*(?:[-+=][rwxXstugo]*)+)*$/;

/** Reads the value of --chmod; undefined when it is empty. Throws a Problem. */
export function parsePermissions(text: string): Permissions | undefined {
  if (text === "") return undefined;
  if (/^[0-7]+$/.test(text) && Number.parseInt(text, 8) <= 0o7777) return { bits: Number.parseInt(text, 8) };
  if (/^\d/.test(text)) {
    throw new Problem(
      `invalid chmod parameter: '${text}'. it should be octal string and between 0 and 07777`,
    );
  }
  if (!CLAUSES.test(text)) throw new Problem("invalid syntax");
  return { symbolic: text };
}
