import * as z from "zod";
import type { BuildOutline, BuildTargets } from "../../core/build-answers.ts";
import { LINT } from "./lint.ts";

// What BuildKit's frontend can be asked in place of a build. https://github.com/moby/buildkit/tree/master/frontend/subrequests

interface Named {
  readonly name: string;
  readonly description: string;
}
export interface Subrequest extends Named {
  readonly version: string;
  readonly type: "rpc";
  readonly opts: readonly Named[] | null;
  readonly inputs: readonly Named[] | null;
  readonly metadata: readonly Named[];
  readonly refs: readonly Named[] | null;
}

const define = (name: string, description: string, opts: Subrequest["opts"] = null): Subrequest => ({
  name,
  version: "1.0.0",
  type: "rpc",
  description,
  opts,
  inputs: null,
  metadata: [
    { name: "result.json", description: "" },
    { name: "result.txt", description: "" },
  ],
  refs: null,
});

export const OUTLINE = define("frontend.outline", "List all parameters current build target supports", [
  { name: "target", description: "Target build stage" },
]);
export const TARGETS = define("frontend.targets", "List all targets current build supports", []);
export const DESCRIBE = define("frontend.subrequests.describe", "List available subrequest types");

/** All of them, in the order in which they are told. */
export const SUBREQUESTS: readonly Subrequest[] = [
  OUTLINE,
  TARGETS,
  { ...define(LINT.id, "Lint a Dockerfile", []), version: LINT.version },
  DESCRIBE,
];

/** Go leaves out what is zero. */
const line = z.number().optional().default(0);
const POSITION = z.object({ line });
const LOCATION = z.object({ ranges: z.array(z.object({ start: POSITION, end: POSITION })) });
const text = z.string().exactOptional();
const SOURCES = z
  .array(z.string())
  .nullish()
  .transform((sources) => sources ?? []);
const isTrue = z.literal(true).exactOptional();
const MOUNTS = z.array(z.object({ name: z.string(), required: isTrue, location: LOCATION })).exactOptional();

export const OUTLINE_RESULT: z.ZodType<BuildOutline> = z.object({
  name: text,
  description: text,
  args: z
    .array(z.object({ name: z.string(), description: text, value: text, location: LOCATION }))
    .exactOptional(),
  secrets: MOUNTS,
  ssh: MOUNTS,
  sources: SOURCES,
});

export const TARGETS_RESULT: z.ZodType<BuildTargets> = z.object({
  targets: z
    .array(
      z.object({
        name: text,
        default: isTrue,
        description: text,
        base: text,
        platform: text,
        location: LOCATION,
      }),
    )
    .nullish()
    .transform((targets) => targets ?? []),
  sources: SOURCES,
});
