/** What a package URL names. https://github.com/package-url/purl-spec */
export interface PackageUrlParts {
  /** "deb", "docker" */
  readonly type: string;
  /** "debian", "library"; with "/" between several. */
  readonly namespace?: string | undefined;
  readonly name: string;
  readonly version?: string | undefined;
  readonly qualifiers?: Readonly<Record<string, string | undefined>>;
}

/** "pkg:deb/debian/bash@5.2.15-2?arch=amd64&distro=debian-12"; qualifiers that are undefined or empty are left out. */
export function packageUrl({ type, namespace, name, version, qualifiers = {} }: PackageUrlParts): string {
  const path = [...(namespace?.split("/") ?? []), name].map(encoded).join("/");
  const query = Object.entries(qualifiers)
    .flatMap(([key, value]) => (value === undefined || value === "" ? [] : [`${key}=${encoded(value)}`]))
    .sort()
    .join("&");
  const at = version === undefined || version === "" ? "" : `@${encoded(version)}`;
  return `pkg:${type}/${path}${at}${query === "" ? "" : `?${query}`}`;
}

/** The specification leaves ":" as it is. */
const encoded = (text: string): string => encodeURIComponent(text).replaceAll("%3A", ":");
