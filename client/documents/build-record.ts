import * as z from "zod";
import { isDigest } from "../../core/digest.ts";
import type { Document } from "../../core/document.ts";
import type { BuildDetails, BuildRecord } from "../../engine/api.ts";
import { fitted } from "./fitted.ts";

const moment = z.iso.datetime().transform((text) => new Date(text));
const digest = z.string().refine(isDigest);
const texts = z.record(z.string(), z.string());

const ASKED = z.object({
  context: z.string(),
  dockerfile: z.string(),
  target: z.string().exactOptional(),
  platform: z.string().exactOptional(),
  tags: z.array(z.string()),
  buildArgs: texts,
  labels: texts,
  namedContexts: texts,
  network: z.string(),
  extraHosts: z.array(z.string()),
  noCache: z.boolean(),
  noCacheStages: z.array(z.string()).exactOptional(),
  pull: z.boolean(),
});
const FAULT = z.object({
  code: z.string().exactOptional(),
  message: z.string(),
  file: z.string().exactOptional(),
  line: z.number().exactOptional(),
  endLine: z.number().exactOptional(),
});
const RECORD = z.object({
  ref: z.string(),
  name: z.string(),
  status: z.enum(["running", "completed", "error", "canceled"]),
  startedAt: moment,
  completedAt: moment.exactOptional(),
  duration: z.number(),
  asked: ASKED,
  steps: z.object({ total: z.number(), completed: z.number(), cached: z.number() }),
  warnings: z.number(),
  fault: FAULT.exactOptional(),
  image: digest.exactOptional(),
  manifest: digest.exactOptional(),
  logBytes: z.number(),
  logTruncated: z.boolean(),
});
const STEP = z.object({
  id: z.string(),
  name: z.string(),
  file: z.string().exactOptional(),
  line: z.number().exactOptional(),
  startedAt: moment.exactOptional(),
  completedAt: moment.exactOptional(),
  duration: z.number(),
  cached: z.boolean(),
  error: z.string().exactOptional(),
  outputBytes: z.number(),
  result: digest.exactOptional(),
  critical: z.boolean(),
});
const WARNING = z.object({
  message: z.string(),
  rule: z.string().exactOptional(),
  line: z.number().exactOptional(),
});
const DETAILS = RECORD.extend({
  stepList: z.array(STEP),
  warningList: z.array(WARNING),
  criticalDuration: z.number(),
});

/** A build of Slipway's own paths, which are as the engine has it. Throws DAEMON_ANSWER_INVALID. */
export const readRecord = (document: Document): BuildRecord => fitted(RECORD, document, "a build");
/** Throws DAEMON_ANSWER_INVALID. */
export const readDetails = (document: Document): BuildDetails => fitted(DETAILS, document, "a build");
