import { findRoute, type Route } from "../../../daemon/http/route.ts";
import { splitVersion } from "../../../daemon/http/version.ts";
import { describedRoutes } from "../../../scripts/api-description.ts";

/** Of every request: what it asked for, and how it was answered. */
const LINE = /^(?:audit: )?([A-Z]+) (\/\S*): (\d{3}) from /;
/** What every route may answer, and what nobody is told, because the client has gone. */
const ALWAYS = [400, 499, 500];

let routes: readonly Route[] | undefined;

/** The lines of a daemon's log that tell of an answer that docs/api.json does not know. */
export const undescribedAnswers = (lines: readonly string[]): readonly string[] =>
  lines.filter((line) => {
    const [, method = "", url = "", status = ""] = LINE.exec(line) ?? [];
    return status !== "" && !isDescribed(method, url.replace(/\?.*/s, ""), Number(status));
  });

function isDescribed(method: string, url: string, status: number): boolean {
  if (ALWAYS.includes(status)) return true;
  routes ??= describedRoutes();
  try {
    const { answers, refuses = [] } = findRoute(routes, method, splitVersion(url).path).route;
    return status in answers || refuses.some((refusal) => refusal === status);
  } catch {
    // There is no such page.
    return status === 404;
  }
}
