import type { Abortable } from "../../core/streams.ts";
import type { BuildEvent, BuildRequest, BuildService } from "../../engine/api.ts";
import { type Context, print } from "../context.ts";

type Warning = Extract<BuildEvent, { readonly type: "warning" }>;

/** `--check`: prints what the checks find, and returns the exit status. */
export async function check(
  context: Context,
  builds: BuildService,
  { request, ...options }: { readonly request: BuildRequest } & Abortable,
): Promise<number> {
  const warnings: Warning[] = [];
  const report = (event: BuildEvent): void => {
    if (event.type === "warning") warnings.push(event);
  };
  await builds.check(request, report, options);
  if (warnings.length === 0) {
    await print(context, "Check complete, no warnings found.");
    return 0;
  }
  const count = warnings.length === 1 ? "1 warning has" : `${warnings.length} warnings have`;
  await print(context, `Check complete, ${count} been found!`);
  for (const { rule, url, message, at } of warnings) {
    const place = at === undefined ? [] : [`${at.file}:${at.line}`];
    await print(
      context,
      ["", `WARNING: ${rule ?? "build"}${url === undefined ? "" : ` - ${url}`}`, message, ...place].join(
        "\n",
      ),
    );
  }
  return 1;
}
