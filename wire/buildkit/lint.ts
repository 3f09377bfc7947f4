import * as z from "zod";

// What the subrequest "frontend.lint" answers. https://github.com/moby/buildkit/blob/master/frontend/subrequests/lint/lint.go

export const LINT = { id: "frontend.lint", version: "1.0.0" } as const;

/** Go leaves out what is zero. */
const count = z.number().optional().default(0);
const text = z.string().optional().default("");
const POSITION = z.object({ line: count, character: count });
const LOCATION = z.object({
  sourceIndex: count,
  ranges: z
    .array(z.object({ start: POSITION, end: POSITION }))
    .nullish()
    .transform((ranges) => ranges ?? []),
});
const many = <T>(schema: z.ZodType<T>) =>
  z
    .array(schema)
    .nullish()
    .transform((list) => list ?? []);

export const LINT_RESULTS = z.object({
  warnings: many(z.object({ ruleName: text, url: text, detail: text, location: LOCATION.nullish() })),
  sources: many(z.object({ filename: text })),
  buildError: z.object({ message: text, location: LOCATION.nullish() }).nullish(),
});
export type LintResults = z.infer<typeof LINT_RESULTS>;
