import { Failure } from "../../core/errors.ts";
import { readIfThere } from "../../core/if-there.ts";

/** What a daemon.json says of registries: https://docs.docker.com/reference/cli/dockerd/#daemon-configuration-file */
export interface DaemonRegistries {
  readonly insecure: readonly string[];
  readonly mirrors: readonly string[];
}

export interface DaemonFile {
  readonly path: string;
  /** Whether other keys are for somebody else. */
  readonly shared: boolean;
}

/** The first that exists counts. */
export const DAEMON_FILES: readonly DaemonFile[] = [
  { path: "/etc/slipway/daemon.json", shared: false },
  { path: "/etc/docker/daemon.json", shared: true },
];

const KEYS = { insecure: "insecure-registries", mirrors: "registry-mirrors" } as const;
const KNOWN: readonly string[] = Object.values(KEYS);

/** Nothing when there is no file. Throws DOCKER_CONFIG_INVALID. */
export function readDaemonRegistries(files: readonly DaemonFile[]): DaemonRegistries {
  for (const file of files) {
    const text = read(file.path);
    if (text !== undefined) return parse(text, file);
  }
  return { insecure: [], mirrors: [] };
}

function read(path: string): string | undefined {
  try {
    return readIfThere(path);
  } catch (error) {
    throw new Failure("DOCKER_CONFIG_INVALID", { path, why: (error as Error).message });
  }
}

function parse(text: string, { path, shared }: DaemonFile): DaemonRegistries {
  const refuse = (why: string): Failure => new Failure("DOCKER_CONFIG_INVALID", { path, why });
  let document: unknown;
  try {
    document = text.trim() === "" ? {} : JSON.parse(text);
  } catch (error) {
    throw refuse((error as SyntaxError).message);
  }
  if (typeof document !== "object" || document === null || Array.isArray(document))
    throw refuse("expected an object");
  const fields = new Map<string, unknown>(Object.entries(document));
  const unknown = shared ? undefined : [...fields.keys()].find((key) => !KNOWN.includes(key));
  if (unknown !== undefined) throw refuse(`${unknown}: expected one of ${KNOWN.join(", ")}`);
  const list = (key: string): readonly string[] => {
    const value = fields.get(key) ?? [];
    if (!Array.isArray(value) || !value.every((item) => typeof item === "string"))
      throw refuse(`${key}: expected a list of texts`);
    return value;
  };
  return { insecure: list(KEYS.insecure), mirrors: list(KEYS.mirrors) };
}
