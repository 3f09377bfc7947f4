import { Failure } from "./errors.ts";

/** OCI image-spec, image-index.md#platform. */
export interface Platform {
  readonly os: string;
  readonly architecture: string;
  readonly variant?: string;
}

/** Names other systems use for Go's GOARCH values, and the variant each implies. */
const ARCHITECTURES: Readonly<Record<string, readonly [architecture: string, variant?: string]>> = {
  x64: ["amd64"],
  x86_64: ["amd64"],
  "x86-64": ["amd64"],
  ia32: ["386"],
  i386: ["386"],
  aarch64: ["arm64"],
  armhf: ["arm", "v7"],
  armel: ["arm", "v6"],
};
const PART = /^[A-Za-z0-9_.-]+$/;

function normalize(os: string, architecture: string, variant?: string): Platform {
  const [arch, implied] = ARCHITECTURES[architecture.toLowerCase()] ?? [architecture.toLowerCase()];
  const chosen = (variant ?? implied)?.toLowerCase();
  // "arm64/v8" and "amd64/v1" are the plain architectures.
  const plain =
    chosen === undefined || (arch === "arm64" && chosen === "v8") || (arch === "amd64" && chosen === "v1");
  return { os: os.toLowerCase(), architecture: arch, ...(plain ? {} : { variant: chosen }) };
}

/** The platform of this machine. */
export function hostPlatform(): Platform {
  return normalize("linux", process.arch === "arm" ? "armhf" : process.arch);
}

/** Reads "os/arch[/variant]", "os" or "arch" (the rest from this machine); throws PLATFORM_INVALID. */
export function parsePlatform(text: string): Platform {
  const parts = text.split("/");
  if (parts.length > 3 || !parts.every((part) => PART.test(part)))
    throw new Failure("PLATFORM_INVALID", { text });
  const [first = "", second, third] = parts;
  const host = hostPlatform();
  if (second !== undefined) return normalize(first, second, third);
  if (["linux", "windows", "darwin", "freebsd"].includes(first.toLowerCase()))
    return { ...host, os: first.toLowerCase() };
  return normalize(host.os, first);
}

export function formatPlatform(platform: Platform): string {
  const variant = platform.variant === undefined ? "" : `/${platform.variant}`;
  return `${platform.os}/${platform.architecture}${variant}`;
}

export const samePlatform = (a: Platform, b: Platform): boolean => formatPlatform(a) === formatPlatform(b);
