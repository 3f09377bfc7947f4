import { existsSync } from "node:fs";
import { availableParallelism, release, totalmem } from "node:os";

/** Of the machine, which is another one where the answers of the real engine were recorded. */
const MACHINE: Readonly<Record<string, string>> = {
  [`processors=${availableParallelism()}`]: "<processors>",
  [`memory=${totalmem()}`]: "<memory>",
  [`kernel=${release()}`]: "<kernel>",
  [`cgroup=${existsSync("/sys/fs/cgroup/cgroup.controllers") ? 2 : 1}`]: "<cgroup>",
};

const UNITS = "(?:seconds?|minutes?|hours?|days?)";
const AGO = new RegExp(`(?:Less than a second|About an? (?:minute|hour)|\\d+ ${UNITS})( ago)?`, "g");

/** What is another in every run, in the order in which it is replaced. */
const VARYING: readonly (readonly [form: RegExp, instead: string])[] = [
  [/\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:?\d\d| [+-]\d{4} [A-Z]+)/g, "<time>"],
  [AGO, "<duration>$1"],
  // The client says so when it was still writing as it was refused, or does not.
  [/^time="[^"]*" level=error msg="Can't (?:add file|close tar)[^\n]*\n/gm, ""],
  // What a layer takes is counted as files by one and as a tar by the other.
  [/\b\d+(?:\.\d+)?[kMG]?B\b/g, "<size>"],
  // The client's own advice is another from version to version.
  [/\n*(?:Run|See) 'docker [^\n]*--help'[^\n]*/g, ""],
  [/127\.0\.0\.1:\d{4,5}/g, "<address>"],
  // Widths of columns follow from what is in them.
  [/ {2,}/g, "  "],
  [/[ \t]+$/gm, ""],
];

/** Makes answers of one scenario comparable with those of another run: ids become numbers, times and durations placeholders. */
export class Normaliser {
  readonly #ids: string[] = [];

  text(text: string, directory: string): string {
    const named = text
      .replaceAll(directory, "<directory>")
      .replace(/\b[0-9a-f]{64}\b|\b[0-9a-f]{12}\b/g, (id) => this.#number(id));
    const anywhere = Object.entries(MACHINE).reduce(
      (result, [fact, instead]) => result.replaceAll(fact, instead),
      named,
    );
    return VARYING.reduce((result, [form, instead]) => result.replace(form, instead), anywhere);
  }

  #number(id: string): string {
    const known = this.#ids.findIndex((other) => other.startsWith(id) || id.startsWith(other));
    if (known < 0) this.#ids.push(id);
    else if (id.length > (this.#ids[known]?.length ?? 0)) this.#ids[known] = id;
    const size = id.length === 64 ? "id" : "short id";
    return `<${size} ${known < 0 ? this.#ids.length : known + 1}>`;
  }
}
