import * as z from "zod";
import { documentReader } from "../access/json-document.ts";
import { globProblem } from "../access/repository-glob.ts";

const TAG_PATTERN = /^[A-Za-z0-9_.*-]{1,128}$/;
const LONGEST_DAYS = 36_500;

const repository = z.string().superRefine((text, context) => {
  const message = globProblem(text);
  if (message !== undefined)
    context.addIssue({ code: "custom", message: `${JSON.stringify(text)}: ${message}` });
});
const RULE = z
  .strictObject({
    repositories: z.array(repository).min(1).max(1000).readonly(),
    tags: z
      .array(z.string().regex(TAG_PATTERN, "expected a tag, with * for any characters"))
      .min(1)
      .max(1000)
      .readonly()
      .optional(),
    keepLast: z.int().min(0).optional(),
    keepDays: z.number().min(0).max(LONGEST_DAYS).optional(),
  })
  .readonly();

/** Throws ACCESS_FILE_INVALID with the line or the field. */
export const parseRetention = documentReader(z.strictObject({ rules: z.array(RULE).max(1000).readonly() }), {
  rules: [],
});
