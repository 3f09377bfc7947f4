import type { OsRelease } from "./os-release.ts";
import { packageUrl } from "./package-url.ts";

/** A package that a database of an image lists as installed. */
export interface InstalledPackage {
  /** "deb", "apk": the type in its package URL. */
  readonly type: string;
  readonly name: string;
  readonly version: string;
  readonly architecture?: string;
  /** The source package it was made of, with its version where that is another. */
  readonly source?: string;
  readonly maintainer?: string;
  readonly license?: string;
  readonly homepage?: string;
}

/** The package URL by which scanners know it. */
export function urlOf(found: InstalledPackage, { id, versionId }: OsRelease): string {
  const { type, name, version, architecture, source } = found;
  const distro = id === undefined || versionId === undefined ? undefined : `${id}-${versionId}`;
  return packageUrl({
    type,
    namespace: id,
    name,
    version,
    qualifiers: { arch: architecture, distro, upstream: source },
  });
}
