/** One scheme of a WWW-Authenticate header (RFC 9110, section 11.6.1); scheme and parameter names in lower case. */
export interface Challenge {
  readonly scheme: string;
  readonly parameters: Readonly<Record<string, string>>;
}

/** Longer headers are cut: nothing of use comes after. */
const LIMIT = 16 << 10;
const TOKEN = "[!#$%&'*+.^_`|~0-9A-Za-z-]+";
const PARAMETER = new RegExp(`\\s*,?\\s*(${TOKEN})\\s*=\\s*(?:"((?:[^"\\\\]|\\\\.)*)"|([^\\s,"]+))`, "y");
const SCHEME = new RegExp(`[\\s,]*(${TOKEN})(?=\\s|,|$)`, "y");

/** Reads all challenges of the header, in order. What does not parse ends the list. */
export function parseChallenges(header: string): readonly Challenge[] {
  const text = header.slice(0, LIMIT);
  const challenges: Challenge[] = [];
  let at = 0;
  for (;;) {
    SCHEME.lastIndex = at;
    const [scheme, name] = SCHEME.exec(text) ?? [];
    if (scheme === undefined || name === undefined) return challenges;
    at += scheme.length;
    const parameters: Record<string, string> = {};
    for (;;) {
      PARAMETER.lastIndex = at;
      const [whole, key, quoted, plain] = PARAMETER.exec(text) ?? [];
      if (whole === undefined || key === undefined) break;
      at += whole.length;
      parameters[key.toLowerCase()] = quoted?.replace(/\\(.)/g, "$1") ?? plain ?? "";
    }
    challenges.push({ scheme: name.toLowerCase(), parameters });
  }
}
