/** The address of a list's next page, by its Link header (RFC 8288). Only the registry's own pages are read. */
export function nextPage(link: string | undefined, from: URL): URL | undefined {
  const [, target = ""] = /<([^>]*)>\s*;[^,]*\brel="?next"?/.exec(link ?? "") ?? [];
  if (target === "" || !URL.canParse(target, from.href)) return undefined;
  const next = new URL(target, from);
  return next.origin === from.origin ? next : undefined;
}
