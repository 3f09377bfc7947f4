import { createHash, randomBytes } from "node:crypto";
import * as z from "zod";
import { documentReader } from "./json-document.ts";
import { GRANT } from "./policy-file.ts";
import type { Grant } from "./rights.ts";

/** A named password of a machine, with rights of its own. The password itself is kept nowhere. */
export interface RobotToken {
  readonly name: string;
  /** Hexadecimal SHA-256 of the password, which is too random to be guessed from it. */
  readonly hash: string;
  readonly createdAt: Date;
  readonly expiresAt?: Date | undefined;
  readonly grants: readonly Grant[];
}

/** Tells scanners for leaked secrets, and us, what it is. */
const PREFIX = "slipway_";
const SECRET_BYTES = 32;

const time = z.iso.datetime().transform((text) => new Date(text));
const FILE = z.strictObject({
  tokens: z
    .array(
      z
        .strictObject({
          name: z.string().min(1).max(255),
          hash: z.string().regex(/^[0-9a-f]{64}$/, "expected a SHA-256 in hexadecimal"),
          createdAt: time,
          expiresAt: time.optional(),
          grants: z.array(z.strictObject(GRANT).readonly()).readonly(),
        })
        .readonly(),
    )
    .max(10_000)
    .readonly(),
});

/** Throws ACCESS_FILE_INVALID. */
export const parseTokens = documentReader(FILE, { tokens: [] });
export const formatTokens = (tokens: readonly RobotToken[]): string =>
  `${JSON.stringify({ tokens }, null, 2)}\n`;

export const newSecret = (): string => PREFIX + randomBytes(SECRET_BYTES).toString("base64url");
export const isSecret = (password: string): boolean => password.startsWith(PREFIX);
export const hashSecret = (secret: string): string => createHash("sha256").update(secret).digest("hex");
export const isExpired = ({ expiresAt }: Pick<RobotToken, "expiresAt">, now: Date): boolean =>
  expiresAt !== undefined && expiresAt <= now;
