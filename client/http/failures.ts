import { Failure } from "../../core/errors.ts";

/** What a status of the Engine API says besides the daemon's own words. */
const BY_STATUS = {
  400: "DAEMON_BAD_REQUEST",
  401: "DAEMON_UNAUTHORIZED",
  403: "DAEMON_FORBIDDEN",
  404: "DAEMON_NOT_FOUND",
  405: "DAEMON_BAD_REQUEST",
  409: "DAEMON_CONFLICT",
  501: "DAEMON_BAD_REQUEST",
} as const;
type Known = keyof typeof BY_STATUS;

type Recognize = readonly [pattern: RegExp, failure: (match: readonly string[]) => Failure];

/** Failures that commands act upon, by the words of every engine; the first that fits. */
const BY_WORDS: readonly Recognize[] = [
  [/^No such image: (.+)$/, ([, reference = ""]) => new Failure("IMAGE_UNKNOWN", { reference })],
  [/^No such container: (.+)$/, ([, container = ""]) => new Failure("CONTAINER_UNKNOWN", { container })],
  [/^network (\S+) not found$/, ([, network = ""]) => new Failure("NETWORK_UNKNOWN", { network })],
  [/^get (\S+): no such volume$/, ([, name = ""]) => new Failure("VOLUME_UNKNOWN", { name })],
];

/** A program that cannot be run, by the words of the kernel and of those who look for programs. */
const PROGRAMS: readonly (readonly [pattern: RegExp, code: "EXEC_NOT_FOUND" | "EXEC_DENIED"])[] = [
  [/executable file not found|no such file or directory/, "EXEC_NOT_FOUND"],
  [/permission denied|is a directory/, "EXEC_DENIED"],
];
const EXEC = /exec: "([^"]*)": (.+?)(?:: unknown)?$/s;

/** A daemon's refusal: by its words where they say enough, else by its status; undefined is the status of what failed later. */
export function failureOf(message: string, status?: number): Failure {
  for (const [pattern, failure] of BY_WORDS) {
    const match = pattern.exec(message);
    if (match !== null) return failure(match);
  }
  const code =
    status !== undefined && Object.hasOwn(BY_STATUS, status) ? BY_STATUS[status as Known] : "DAEMON_FAILED";
  return programFailure(message) ?? new Failure(code, { message });
}

function programFailure(message: string): Failure | undefined {
  const [whole, program = "", why = ""] = EXEC.exec(message) ?? [];
  if (whole === undefined) return undefined;
  const code = PROGRAMS.find(([pattern]) => pattern.test(why))?.[1];
  return code && new Failure(code, { program, why });
}
