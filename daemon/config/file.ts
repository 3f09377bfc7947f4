import { readFileSync } from "node:fs";
import * as z from "zod";
import { Failure } from "../../core/errors.ts";
import { readIfThere } from "../../core/if-there.ts";
import { BUILDER } from "./cache-care.ts";

const text = z.string();
const texts = z.array(z.string());
const seconds = z.number().int().nonnegative();

const PROXIES = z.strictObject({
  "http-proxy": text.optional(),
  "https-proxy": text.optional(),
  "no-proxy": text.optional(),
});

/** The keys of daemon.json that are honoured. https://docs.docker.com/reference/cli/dockerd/#daemon-configuration-file */
const KEYS = {
  hosts: texts,
  group: text,
  tls: z.boolean(),
  tlsverify: z.boolean(),
  tlscacert: text,
  tlscert: text,
  tlskey: text,
  debug: z.boolean(),
  "log-level": z.enum(["debug", "info", "warn", "error", "fatal"]),
  labels: texts,
  pidfile: text,
  "data-root": text,
  "storage-driver": z.enum(["erofs", "overlay2", "vfs"]),
  "shutdown-timeout": seconds,
  "insecure-registries": texts,
  "registry-mirrors": texts,
  proxies: PROXIES,
  builder: BUILDER,
  // Ours.
  registry: text,
  "registry-anonymous": z.boolean(),
  "registry-anonymous-pull": texts,
  "registry-tls": z.boolean(),
  "registry-tls-name": texts,
  "registry-tls-cert": text,
  "registry-tls-key": text,
  "registry-plain-http": z.boolean(),
  "registry-external-url": text,
  "insecure-tcp": z.boolean(),
} as const;

/** Keys that ask for what is done anyway, with these values. */
const HARMLESS: Readonly<Record<string, readonly unknown[]>> = {
  "live-restore": [true],
  "log-driver": ["json-file"],
  "exec-opts": [["native.cgroupdriver=cgroupfs"]],
  "default-runtime": ["slipway"],
  experimental: [false],
  iptables: [true],
  "ip-forward": [true],
  "ip-masq": [true],
  "userland-proxy": [true],
  "userns-remap": [""],
  ipv6: [false],
};

const FILE = z.strictObject(KEYS).partial();
export type DaemonFile = z.output<typeof FILE>;

const LABEL = /^[^=\s]+=.*$/;

/** Settings of flags are read by the same rules. Throws OPTION_INVALID. */
export function checkSettings(settings: DaemonFile): DaemonFile {
  const parsed = FILE.safeParse(settings);
  const [issue] = parsed.success ? [] : parsed.error.issues;
  const key = issue?.path.join(".") ?? "";
  if (!parsed.success)
    throw new Failure("OPTION_INVALID", {
      option: `--${key}`,
      got: String((settings as Readonly<Record<string, unknown>>)[key]),
      want: issue?.message ?? "something else",
    });
  const wrong = parsed.data.labels?.find((label) => !LABEL.test(label));
  if (wrong !== undefined)
    throw new Failure("OPTION_INVALID", { option: "--label", got: wrong, want: "key=value" });
  return parsed.data;
}

/** Reads a file in the form of dockerd's daemon.json. Throws CONFIG_FILE_INVALID, OPTION_UNSUPPORTED. */
export function readDaemonFile(path: string): DaemonFile {
  let source: string;
  try {
    source = readFileSync(path, "utf8");
  } catch (cause) {
    throw invalid(path, `open ${path}: ${(cause as NodeJS.ErrnoException).code ?? "failed"}`, cause);
  }
  return parseDaemonFile(path, source);
}

/** Absent files are empty ones when nobody named them. */
export function readDefaultDaemonFile(path: string): DaemonFile {
  const source = readIfThere(path);
  return source === undefined ? {} : parseDaemonFile(path, source);
}

/** The keys of a daemon.json, `source`, which is at `path`. Throws CONFIG_FILE_INVALID, OPTION_UNSUPPORTED. */
export function parseDaemonFile(path: string, source: string): DaemonFile {
  const document = parseJson(path, source.replace(/^\uFEFF/, ""));
  const kept = Object.fromEntries(Object.entries(document).filter(([key, value]) => !isHarmless(key, value)));
  const parsed = FILE.safeParse(kept);
  if (parsed.success) return parsed.data;
  const unknown = parsed.error.issues.flatMap((issue) =>
    issue.code === "unrecognized_keys" ? issue.keys : [],
  );
  if (unknown.length > 0)
    throw invalid(
      path,
      `the following directives don't match any configuration option: ${unknown.join(", ")}`,
    );
  const [issue] = parsed.error.issues;
  throw invalid(path, `${issue?.path.join(".") ?? ""}: ${issue?.message ?? "expected something else"}`);
}

const isHarmless = (key: string, value: unknown): boolean =>
  Object.hasOwn(HARMLESS, key) &&
  HARMLESS[key]?.some((harmless) => JSON.stringify(harmless) === JSON.stringify(value)) === true;

function parseJson(path: string, source: string): object {
  try {
    const document: unknown = source.trim() === "" ? {} : JSON.parse(source);
    if (typeof document === "object" && document !== null && !Array.isArray(document)) return document;
  } catch (cause) {
    throw invalid(path, `invalid JSON: ${(cause as Error).message}`, cause);
  }
  throw invalid(path, "invalid JSON: expected an object");
}

const invalid = (path: string, why: string, cause?: unknown): Failure =>
  new Failure("CONFIG_FILE_INVALID", { file: path, why }, { cause });
