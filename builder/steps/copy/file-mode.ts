import { Failure } from "../../../core/errors.ts";
import type { FileStat } from "../../../store/types.ts";
import type { Permissions } from "../../dockerfile/resolved.ts";

/** Gives the permission bits (07777) that a thing with `mode` gets; links keep theirs and are never asked. */
export type ModeChange = (mode: number, type: FileStat["type"]) => number;

const CLAUSE = /^([ugoa]*)((?:[-+=](?:[ugo]+|[rwxXst]*))+)$/;
const ACTION = /[-+=][ugorwxXst]*/g;

const SHIFT = { u: 6, g: 3, o: 0 } as const;
const PERMISSION = { r: 4, w: 2, x: 1 } as const;
const SET_ID = { u: 0o4000, g: 0o2000, o: 0 } as const;
const STICKY = 0o1000;
type Class = keyof typeof SHIFT;
type Permission = keyof typeof PERMISSION;

const isClass = (letter: string): letter is Class => letter in SHIFT;

/**
 * What --chmod does to a mode. Symbolic expressions mean what BSD's setmode(3) says with an empty umask, which is what BuildKit uses:
 * "X" asks for the mode before any change.
 */
export function modeChange(permissions: Permissions): ModeChange {
  if ("bits" in permissions) return () => permissions.bits;
  const actions = permissions.symbolic.split(",").flatMap((clause) => {
    const [, who, changes] = CLAUSE.exec(clause) ?? [];
    if (who === undefined || changes === undefined) throw invalid(permissions.symbolic);
    return (changes.match(ACTION) ?? []).map((action) => parseAction(who, action));
  });
  return (mode, type) => {
    const executable = type === "dir" || (mode & 0o111) !== 0;
    return actions.reduce((now, act) => act(now, executable), mode);
  };
}

const invalid = (got: string): Failure =>
  new Failure("OPTION_INVALID", { option: "--chmod", got, want: "permissions such as 0755 or u=rwX,go=rX" });

function parseAction(who: string, action: string): (mode: number, executable: boolean) => number {
  const classes: readonly Class[] =
    who === "" || who.includes("a") ? ["u", "g", "o"] : [...new Set(who)].filter(isClass);
  const operator = action[0];
  const letters = action.slice(1);
  // A clause for "o" alone says nothing about set-id and sticky bits.
  const special = classes.some((each) => each !== "o");
  const own = classes.reduce((bits, each) => bits | (7 << SHIFT[each]) | SET_ID[each], 0);
  return (mode, executable) => {
    const always = operator === "-" || executable;
    let bits = special && letters.includes("t") ? STICKY : 0;
    for (const each of classes) {
      bits |= permissions(letters, mode, always) << SHIFT[each];
      if (letters.includes("s")) bits |= SET_ID[each];
    }
    if (operator === "-") return mode & ~bits;
    return operator === "+" ? mode | bits : (mode & ~own) | bits;
  };
}

function permissions(letters: string, mode: number, executable: boolean): number {
  let bits = 0;
  for (const letter of letters) {
    if (isClass(letter)) bits |= (mode >> SHIFT[letter]) & 7;
    else if (letter === "X") bits |= executable ? PERMISSION.x : 0;
    else if (letter in PERMISSION) bits |= PERMISSION[letter as Permission];
  }
  return bits;
}
