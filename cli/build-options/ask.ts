import { lintResults } from "../../core/build-answers.ts";
import { outlineText, targetsText } from "../../core/build-answers-text.ts";
import type { Abortable } from "../../core/streams.ts";
import type { BuildEvent, BuildRequest, BuildService } from "../../engine/api.ts";
import { type Context, write } from "../context.ts";
import type { Question } from "./calls.ts";

type Warning = Extract<BuildEvent, { readonly type: "warning" }>;
interface Asked extends Abortable {
  readonly request: BuildRequest;
}
interface Answer {
  readonly text: string;
  /** In the shape of BuildKit's frontend. */
  readonly document: unknown;
  /** The exit status. */
  readonly code: number;
}

const ANSWERS: Readonly<Record<Question["name"], (builds: BuildService, asked: Asked) => Promise<Answer>>> = {
  check,
  outline: async (builds, { request, ...options }) => {
    const document = await builds.outline(request, ignore, options);
    return { text: outlineText(document), document, code: 0 };
  },
  targets: async (builds, { request, ...options }) => {
    const document = await builds.targets(request, ignore, options);
    return { text: targetsText(document), document, code: 0 };
  },
};
const ignore = (): void => undefined;

/** Prints the answer to what is asked in place of a build, and returns the exit status: 1 where checks find something. */
export async function ask(
  context: Context,
  builds: BuildService,
  { name, json }: Question,
  asked: Asked,
): Promise<number> {
  const { text, document, code } = await ANSWERS[name](builds, asked);
  await write(context.stdout, json ? `${JSON.stringify(document, undefined, 2)}\n` : text);
  return code;
}

async function check(builds: BuildService, { request, ...options }: Asked): Promise<Answer> {
  const warnings: Warning[] = [];
  const report = (event: BuildEvent): void => {
    if (event.type === "warning") warnings.push(event);
  };
  await builds.check(request, report, options);
  const document = lintResults(warnings, request.dockerfile);
  if (warnings.length === 0) return { text: "Check complete, no warnings found.\n", document, code: 0 };
  const count = warnings.length === 1 ? "1 warning has" : `${warnings.length} warnings have`;
  const lines = [`Check complete, ${count} been found!`, ...warnings.flatMap(linesOf)];
  return { text: lines.map((line) => `${line}\n`).join(""), document, code: 1 };
}

function linesOf({ rule, url, message, at }: Warning): readonly string[] {
  const place = at === undefined ? [] : [`${at.file}:${at.line}`];
  return ["", `WARNING: ${rule ?? "build"}${url === undefined ? "" : ` - ${url}`}`, message, ...place];
}
