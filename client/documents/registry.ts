import * as z from "zod";
import { isDigest } from "../../core/digest.ts";
import type { Document } from "../../core/document.ts";
import type { RegistryRule, RegistryService, RegistryToken, RegistryUser } from "../../engine/api.ts";
import { fitted } from "./fitted.ts";

type Collected = Awaited<ReturnType<RegistryService["collect"]>>;
type Scrubbed = Awaited<ReturnType<RegistryService["scrub"]>>;

const moment = z.iso.datetime().transform((text) => new Date(text));
const texts = z.array(z.string());

const GRANT = z.object({
  repositories: texts,
  actions: z.array(z.enum(["pull", "push", "delete", "catalog"])),
});
const RULE = GRANT.extend({ users: texts });
const USER = z.object({ name: z.string(), grants: z.array(GRANT) });
const TOKEN = z.object({
  name: z.string(),
  createdAt: moment,
  expiresAt: moment.exactOptional(),
  grants: z.array(GRANT),
});
const PRUNED = z.object({
  repository: z.string(),
  kind: z.enum(["blob", "manifest", "tag"]),
  digest: z.string().refine(isDigest),
  tag: z.string().exactOptional(),
  size: z.number(),
  why: z.string(),
});
const COLLECTED = z.object({
  pruned: z.array(PRUNED),
  uploads: texts,
  blobs: z.number(),
  bytes: z.number(),
});
const SCRUBBED = z.object({ manifests: z.number(), blobs: z.number(), bytes: z.number(), problems: texts });

// Documents of Slipway's own paths, which are as the engine has them. All throw DAEMON_ANSWER_INVALID.

export const readUser = (document: Document): RegistryUser =>
  fitted(USER, document, "a user of the registry");
export const readRule = (document: Document): RegistryRule =>
  fitted(RULE, document, "a rule of the registry");
export const readToken = (document: Document): RegistryToken =>
  fitted(TOKEN, document, "a token of the registry");
export const readCollected = (document: Document): Collected =>
  fitted(COLLECTED, document, "what was collected");
export const readScrubbed = (document: Document): Scrubbed => fitted(SCRUBBED, document, "what was verified");
