/** What a system says it is. https://www.freedesktop.org/software/systemd/man/latest/os-release.html */
export interface OsRelease {
  /** "debian" */
  readonly id?: string;
  /** "12" */
  readonly versionId?: string;
}

/** Reads /etc/os-release; what is not understood is left out. */
export function parseOsRelease(text: string): OsRelease {
  const values = new Map<string, string>();
  for (const line of text.split("\n")) {
    const { key, value } = /^(?<key>[A-Z_]+)=(["']?)(?<value>[^"']*)\2\s*$/.exec(line)?.groups ?? {};
    if (key !== undefined && value !== undefined) values.set(key, value);
  }
  const [id, versionId] = [values.get("ID"), values.get("VERSION_ID")];
  return {
    ...(id === undefined || id === "" ? {} : { id: id.toLowerCase() }),
    ...(versionId === undefined || versionId === "" ? {} : { versionId }),
  };
}
