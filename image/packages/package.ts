import type { OsRelease } from "./os-release.ts";
import { packageUrl } from "./package-url.ts";

/** A package that a database of an image lists as installed. */
export interface InstalledPackage {
  /** "deb", "apk", "rpm": the type in its package URL. */
  readonly type: string;
  readonly name: string;
  readonly version: string;
  /** Goes before the version of RPM's, and into a place of its own in a package URL. */
  readonly epoch?: string;
  readonly architecture?: string;
  /** The source package it was made of, with its version where that is another; of RPM's the file. */
  readonly source?: string;
  readonly maintainer?: string;
  /** An organization in place of a person. */
  readonly vendor?: string;
  readonly license?: string;
  readonly homepage?: string;
}

/** Where the maker of packages has another name than the system. */
const VENDORS: Readonly<Record<string, string | undefined>> = {
  rhel: "redhat",
  "opensuse-leap": "opensuse",
  "opensuse-tumbleweed": "opensuse",
};

/** The package URL by which scanners know it. */
export function urlOf(found: InstalledPackage, { id, versionId }: OsRelease): string {
  const { type, name, version, epoch, architecture, source } = found;
  const distro = id === undefined || versionId === undefined ? undefined : `${id}-${versionId}`;
  return packageUrl({
    type,
    namespace: id === undefined ? undefined : (VENDORS[id] ?? id),
    name,
    version,
    qualifiers: { arch: architecture, distro, epoch, upstream: source },
  });
}
