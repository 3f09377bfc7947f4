import { Failure } from "../../core/errors.ts";

/** What can be done with a Dockerfile: the first is what is done unless something else is said. */
export const CALLS = ["build", "check", "outline", "targets"] as const;

/** What is asked in place of a build. */
export interface Question {
  readonly name: Exclude<(typeof CALLS)[number], "build">;
  /** Told as a JSON document. */
  readonly json: boolean;
}

/** `--call NAME[,format=json]`, of which `--check` is short for one; undefined for a build. Throws OPTION_INVALID. */
export function questionOf({
  call,
  check,
}: {
  readonly call: string;
  readonly check: boolean;
}): Question | undefined {
  const [name = "", ...options] = call.split(",");
  const found = CALLS.find((one) => one === name);
  const known = options.every((option) => option === "format=json" || option === "format=text");
  if (found === undefined || !known)
    throw new Failure("OPTION_INVALID", {
      option: "--call",
      got: call,
      want: `one of ${CALLS.join(", ")}, with format=json if wanted`,
    });
  if (found !== "build") return { name: found, json: options.at(-1) === "format=json" };
  return check ? { name: "check", json: false } : undefined;
}
