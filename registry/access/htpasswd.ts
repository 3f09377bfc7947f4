import { Failure } from "../../core/errors.ts";
import { ANONYMOUS, EVERY_USER } from "./rights.ts";

/** Names and their bcrypt hashes. */
export type Users = ReadonlyMap<string, string>;

const HASH = /^\$2[aby]\$(\d\d)\$[./A-Za-z0-9]{53}$/;
/** More would keep a core busy for seconds at each login. */
const HIGHEST_COST = 15;
const NAME_LIMIT = 255;

/** What is wrong with a user's name; undefined when nothing is. */
export function userNameProblem(name: string): string | undefined {
  if (name === ANONYMOUS || name === EVERY_USER) return "the name has a meaning in policies";
  if (/^[^\s:\p{C}]+$/u.test(name) && name.length <= NAME_LIMIT) return undefined;
  return "expected 1 to 255 characters without colon or white space";
}

/** Reads a file as `htpasswd -B` writes it. Throws ACCESS_FILE_INVALID with the line: a hash of another kind would be a login that never works. */
export function parseHtpasswd(text: string, file: string): Users {
  const users = new Map<string, string>();
  for (const [index, raw] of text.split("\n").entries()) {
    const line = raw.trim();
    if (line === "" || line.startsWith("#")) continue;
    const [name, hash] = splitLine(line);
    const problem = lineProblem(name, hash) ?? (users.has(name) ? `user ${name} is there twice` : undefined);
    if (problem !== undefined)
      throw new Failure("ACCESS_FILE_INVALID", { file, line: index + 1, why: problem });
    users.set(name, hash);
  }
  return users;
}

function splitLine(line: string): readonly [name: string, hash: string] {
  const colon = line.indexOf(":");
  return colon < 0 ? [line, ""] : [line.slice(0, colon), line.slice(colon + 1)];
}

function lineProblem(name: string, hash: string): string | undefined {
  if (hash === "") return "expected user:hash";
  const problem = userNameProblem(name);
  if (problem !== undefined) return `user ${JSON.stringify(name)}: ${problem}`;
  const [match, cost] = HASH.exec(hash) ?? [];
  if (match === undefined) return `user ${name} has no bcrypt hash: make it with htpasswd -B`;
  return costOf(hash) < 4 || costOf(hash) > HIGHEST_COST
    ? `user ${name}: expected a bcrypt cost of 4 to ${HIGHEST_COST}, got ${Number(cost)}`
    : undefined;
}

export const costOf = (hash: string): number => Number(hash.slice(4, 6));

/** The text with a user's hash replaced or added, or taken out when undefined; all other lines stay as they are. */
export function withUser(text: string, name: string, hash: string | undefined): string {
  const lines = text === "" ? [] : text.replace(/\n$/, "").split("\n");
  const at = lines.findIndex((line) => splitLine(line.trim())[0] === name);
  const entry = hash === undefined ? [] : [`${name}:${hash}`];
  if (at < 0) lines.push(...entry);
  else lines.splice(at, 1, ...entry);
  return lines.map((line) => `${line}\n`).join("");
}
