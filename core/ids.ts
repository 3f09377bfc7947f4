import { randomBytes } from "./random.ts";

/** A container, network or job id: 64 random hex digits, as Docker's. */
export const newId = (): string => randomBytes(32).toString("hex");

/** The first 12 digits of an id or digest, as listings show it. */
export const shortId = (id: string): string => id.replace(/^sha256:/, "").slice(0, 12);
