import { createRequire } from "node:module";
import { Failure } from "../../core/errors.ts";
import { isSecret } from "./robot-tokens.ts";

const COST = 10;
/** bcrypt looks at no more. */
const BYTES_LIMIT = 72;

/** Throws PASSWORD_INVALID. */
export function checkPassword(password: string): string {
  const refuse = (why: string): Failure => new Failure("PASSWORD_INVALID", { why });
  if (password === "") throw refuse("password is empty");
  if (Buffer.byteLength(password) > BYTES_LIMIT)
    throw refuse(`password is longer than the ${BYTES_LIMIT} bytes bcrypt takes`);
  if (isSecret(password)) throw refuse("password looks like that of a token, and would be taken for one");
  if (password.includes("\0")) throw refuse("password contains a NUL character");
  return password;
}

/** In the form Apache's htpasswd and docker-registry read. */
export async function hashPassword(password: string): Promise<string> {
  return (await bcrypt().hash(checkPassword(password), COST)).replace(/^\$2b\$/, "$2y$");
}

/** Takes as long as the hash says, in a thread of libuv. 2a, 2b and 2y name the same function. */
export async function matchesHash(password: string, hash: string): Promise<boolean> {
  return bcrypt().compare(password, hash.replace(/^\$2[ay]\$/, "$2b$"));
}

/** An addon finds itself beside its own files, so that it is not part of a bundle. */
const bcrypt = (): typeof import("bcrypt") => createRequire(import.meta.filename)("bcrypt");
