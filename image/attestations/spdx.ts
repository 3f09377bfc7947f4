import { type Digest, digestOf, hexOf } from "../../core/digest.ts";
import { VERSION } from "../../core/version.ts";
import type { OsRelease } from "../packages/os-release.ts";
import { type InstalledPackage, urlOf } from "../packages/package.ts";
import type { Predicate } from "./statement.ts";

/** https://github.com/in-toto/attestation/blob/main/spec/predicates/spdx.md */
export const SPDX_PREDICATE = "https://spdx.dev/Document";

/** What an image is made of, as far as its package databases tell. */
export interface Contents {
  readonly image: Digest;
  /** When the image was made, as its configuration has it. */
  readonly created?: string | undefined;
  readonly system: OsRelease;
  readonly packages: readonly InstalledPackage[];
  /** What was found and could not be read, a sentence each. */
  readonly notes: readonly string[];
}

const UNKNOWN = "NOASSERTION";
const ROOT = "SPDXRef-Image";

/** An SPDX 2.3 document; the same contents give the same bytes. https://spdx.github.io/spdx-spec/v2.3/ */
export function encodeSpdx(contents: Contents): Predicate {
  const { image, notes } = contents;
  const described = contents.packages
    .map((found) => describe(found, contents.system))
    .sort((a, b) => (a.SPDXID < b.SPDXID ? -1 : a.SPDXID > b.SPDXID ? 1 : 0));
  // A database can list a package twice.
  const packages = described.filter(({ SPDXID }, i) => SPDXID !== described[i - 1]?.SPDXID);
  const relations = packages.map(({ SPDXID }) => relation(ROOT, "CONTAINS", SPDXID));
  const body = {
    creationInfo: {
      created: moment(contents.created),
      creators: [`Tool: slipway-${VERSION}`],
      ...(notes.length === 0 ? {} : { comment: notes.join("\n") }),
    },
    packages: [imagePackage(image), ...packages],
    relationships: [relation("SPDXRef-DOCUMENT", "DESCRIBES", ROOT), ...relations],
  };
  const document = {
    spdxVersion: "SPDX-2.3",
    dataLicense: "CC0-1.0",
    SPDXID: "SPDXRef-DOCUMENT",
    name: image,
    // Unique to its content, as the specification asks; nothing is there.
    documentNamespace: `https://spdx.org/spdxdocs/slipway-${hexOf(digestOf(JSON.stringify(body)))}`,
    ...body,
  };
  return { type: SPDX_PREDICATE, document: Buffer.from(JSON.stringify(document)) };
}

const relation = (spdxElementId: string, relationshipType: string, relatedSpdxElement: string) => ({
  spdxElementId,
  relationshipType,
  relatedSpdxElement,
});

const imagePackage = (image: Digest) => ({
  SPDXID: ROOT,
  name: image,
  versionInfo: image,
  downloadLocation: UNKNOWN,
  filesAnalyzed: false,
  licenseConcluded: UNKNOWN,
  licenseDeclared: UNKNOWN,
  copyrightText: UNKNOWN,
  primaryPackagePurpose: "CONTAINER",
});

function describe(found: InstalledPackage, system: OsRelease) {
  const { name, version, epoch, license, homepage } = found;
  const locator = urlOf(found, system);
  return {
    SPDXID: idOf(found, locator),
    name,
    versionInfo: epoch === undefined ? version : `${epoch}:${version}`,
    supplier: UNKNOWN,
    ...originatorOf(found),
    downloadLocation: UNKNOWN,
    filesAnalyzed: false,
    ...(homepage === undefined || !isUrl(homepage) ? {} : { homepage }),
    licenseConcluded: UNKNOWN,
    licenseDeclared: UNKNOWN,
    // What packages say need not be an expression of SPDX.
    ...(license === undefined ? {} : { licenseComments: `the package's own words: ${license}` }),
    copyrightText: UNKNOWN,
    externalRefs: [
      { referenceCategory: "PACKAGE-MANAGER", referenceType: "purl", referenceLocator: locator },
    ],
  };
}

/** Letters, digits, "." and "-" only; the end tells apart what becomes the same by that. */
function idOf({ type, name }: InstalledPackage, locator: string): string {
  const readable = name.replaceAll(/[^A-Za-z0-9.-]/g, "-").slice(0, 100);
  return `SPDXRef-Package-${type}-${readable}-${hexOf(digestOf(locator)).slice(0, 16)}`;
}

function originatorOf({ maintainer, vendor }: InstalledPackage): { readonly originator?: string } {
  if (maintainer !== undefined) return { originator: `Person: ${personOf(maintainer)}` };
  return vendor === undefined ? {} : { originator: `Organization: ${personOf(vendor)}` };
}

/** "Name <mail>" as SPDX writes it, of organizations too: "Name (mail)". */
const personOf = (text: string): string => text.replace(/\s*<([^<>]*)>\s*$/, " ($1)");

function isUrl(text: string): boolean {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  return url?.protocol === "https:" || url?.protocol === "http:";
}

/** Whole seconds in UTC; the beginning of time for an image that has none. */
function moment(created: string | undefined): string {
  const time = Date.parse(created ?? "");
  return new Date(Number.isNaN(time) ? 0 : time).toISOString().replace(/\.\d+Z$/, "Z");
}
