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

const SHIFT = { u: 6, g: 3, o: 0 } as const;
const WHO: Readonly<Record<string, number>> = { u: 0o4700, g: 0o2070, o: 0o0007, a: 0o6777 };
const BITS: Readonly<Record<string, number>> = { r: 0o444, w: 0o222, x: 0o111 };

/** What `mode` (12 bits) becomes, as chmod(1) without a umask has it. */
export function applyPermissions(permissions: Permissions, mode: number, isFolder: boolean): number {
  if ("bits" in permissions) return permissions.bits;
  let result = mode;
  for (const clause of permissions.symbolic.split(",")) {
    const who = /^[ugoa]*/.exec(clause)?.[0] ?? "";
    const mask = [...(who || "a")].reduce((bits, c) => bits | (WHO[c] ?? 0), who === "" ? 0o1000 : 0);
    for (const [action] of clause.slice(who.length).matchAll(/[-+=][^-+=]*/g)) {
      result = applyAction(action, result, { mask, before: mode, isFolder });
    }
  }
  return result;
}

interface Target {
  /** The bits the clause is about. */
  readonly mask: number;
  readonly before: number;
  readonly isFolder: boolean;
}

/** One operator with its letters: "+rX". */
function applyAction(action: string, mode: number, { mask, before, isFolder }: Target): number {
  const [operator, ...letters] = action;
  let bits = 0;
  let reach = mask;
  for (const letter of letters) {
    if (letter === "u" || letter === "g" || letter === "o") {
      bits |= ((mode >> SHIFT[letter]) & 7) * 0o111;
    } else if (letter === "X") {
      if (isFolder || (before & 0o111) !== 0) bits |= 0o111;
    } else if (letter === "s") {
      bits |= 0o6000;
    } else if (letter === "t") {
      if (mask !== WHO["o"]) {
        reach |= 0o1000;
        bits |= 0o1000;
      }
    } else {
      bits |= BITS[letter] ?? 0;
    }
  }
  if (operator === "+") return mode | (bits & reach);
  return operator === "-" ? mode & ~(bits & reach) : (mode & ~mask) | (bits & reach);
}
