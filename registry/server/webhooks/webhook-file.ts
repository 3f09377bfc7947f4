import * as z from "zod";
import { documentReader } from "../../access/json-document.ts";
import { globProblem } from "../../access/repository-glob.ts";

export const EVENT_ACTIONS = ["push", "pull", "delete"] as const;
export type EventAction = (typeof EVENT_ACTIONS)[number];

const HEADER = /^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}$/;
const VALUE = /^[\t\x20-\x7e]{0,4096}$/;

const repository = z.string().superRefine((text, context) => {
  const message = globProblem(text);
  if (message !== undefined) context.addIssue({ code: "custom", message });
});
const isHttp = (text: string): boolean =>
  URL.canParse(text) && /^https?:$/.test(new URL(text).protocol) && new URL(text).username === "";

const ENDPOINT = z
  .strictObject({
    /** In logs, where the URL is not: it may have a secret in it. */
    name: z.string().regex(/^[A-Za-z0-9._-]{1,64}$/, "expected letters, digits, dots, dashes"),
    url: z.string().max(2048).refine(isHttp, "expected an http or https URL without a user"),
    headers: z.record(z.string().regex(HEADER), z.string().regex(VALUE)).readonly().default({}),
    actions: z.array(z.enum(EVENT_ACTIONS)).min(1).readonly().default(EVENT_ACTIONS),
    repositories: z.array(repository).min(1).max(1000).readonly().default(["**"]),
  })
  .readonly();
export type Endpoint = z.infer<typeof ENDPOINT>;

/** Throws ACCESS_FILE_INVALID with the line or the field. */
export const parseWebhooks = documentReader(
  z.strictObject({
    endpoints: z
      .array(ENDPOINT)
      .max(100)
      .refine(
        (list) => new Set(list.map(({ name }) => name)).size === list.length,
        "expected different names",
      )
      .readonly(),
  }),
  { endpoints: [] },
);
