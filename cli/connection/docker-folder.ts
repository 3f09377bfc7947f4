import { readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { Failure } from "../../core/errors.ts";

type Env = Readonly<Record<string, string | undefined>>;

/** The context that stands for what there is without one. */
export const DEFAULT_CONTEXT = "default";

/** Where docker's client keeps what is this user's: $DOCKER_CONFIG, else ~/.docker. */
export const dockerFolder = (env: Env): string =>
  env["DOCKER_CONFIG"] || join(env["HOME"] || homedir(), ".docker");

const configFile = (env: Env): string => join(dockerFolder(env), "config.json");

/** The context that "context use" chose. Throws DOCKER_CONFIG_INVALID. */
export function currentContext(env: Env): string {
  const { currentContext: name = "" } = readConfig(env);
  if (typeof name !== "string")
    throw new Failure("DOCKER_CONFIG_INVALID", {
      path: configFile(env),
      why: "currentContext: expected a text",
    });
  return name === "" ? DEFAULT_CONTEXT : name;
}

/** An absent file is an empty configuration. */
function readConfig(env: Env): Readonly<Record<string, unknown>> {
  const path = configFile(env);
  const invalid = (why: string, cause?: unknown): Failure =>
    new Failure("DOCKER_CONFIG_INVALID", { path, why }, { cause });
  try {
    const document: unknown = JSON.parse(readFileSync(path, "utf8"));
    if (typeof document !== "object" || document === null) throw new Error("expected an object");
    return document as Readonly<Record<string, unknown>>;
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "ENOENT") return {};
    throw invalid((cause as Error).message, cause);
  }
}
