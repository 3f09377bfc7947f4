import type { InstalledPackage } from "./package.ts";

type Fields = ReadonlyMap<string, string>;

/** The fields of one paragraph; a line that begins with white space goes on with the one before and is not kept. */
function fieldsOf(paragraph: string): Fields {
  const fields = new Map<string, string>();
  for (const line of paragraph.split("\n")) {
    const colon = line.indexOf(":");
    if (colon > 0 && !/^\s/.test(line)) fields.set(line.slice(0, colon), line.slice(colon + 1).trim());
  }
  return fields;
}

const paragraphsOf = (text: string): readonly Fields[] => text.split(/\n(?:[ \t]*\n)+/).map(fieldsOf);

const given = <K extends string>(key: K, value: string | undefined): { readonly [P in K]?: string } =>
  (value === undefined || value === "" ? {} : { [key]: value }) as { readonly [P in K]?: string };

/** The states of a package of which no files are there; see dpkg-query(1). */
const ABSENT = new Set(["not-installed", "config-files"]);

/** Reads /var/lib/dpkg/status, or a file of status.d, which has no states: what is listed there is installed. */
export function parseDpkgStatus(text: string): readonly InstalledPackage[] {
  return paragraphsOf(text).flatMap((fields) => {
    const [name, version] = [fields.get("Package"), fields.get("Version")];
    const state = fields.get("Status")?.split(/\s+/)[2] ?? "installed";
    if (name === undefined || version === undefined || ABSENT.has(state)) return [];
    return [
      {
        type: "deb",
        name,
        version,
        ...given("architecture", fields.get("Architecture")),
        ...given("source", sourceOf(fields)),
        ...given("maintainer", fields.get("Maintainer")),
        ...given("homepage", fields.get("Homepage")),
      },
    ];
  });
}

/** "Source: glibc", or "Source: glibc (2.36-9)" where the version is not the package's own. */
function sourceOf(fields: Fields): string | undefined {
  const [, name, version] = /^(\S+)(?:\s+\((.+)\))?$/.exec(fields.get("Source") ?? "") ?? [];
  return version === undefined ? name : `${name}@${version}`;
}

/** Reads /lib/apk/db/installed. https://wiki.alpinelinux.org/wiki/Apk_spec#Installed_Database_V2 */
export function parseApkInstalled(text: string): readonly InstalledPackage[] {
  return paragraphsOf(text).flatMap((fields) => {
    const [name, version] = [fields.get("P"), fields.get("V")];
    if (name === undefined || version === undefined) return [];
    const origin = fields.get("o");
    return [
      {
        type: "apk",
        name,
        version,
        ...given("architecture", fields.get("A")),
        ...given("source", origin === name ? undefined : origin),
        ...given("maintainer", fields.get("m")),
        ...given("license", fields.get("L")),
        ...given("homepage", fields.get("U")),
      },
    ];
  });
}
