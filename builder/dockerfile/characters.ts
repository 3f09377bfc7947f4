/** What Go's unicode.IsSpace accepts; BuildKit's rules are written in terms of it (unlike \s it leaves out U+FEFF). */
const SPACES = "\\t-\\r \\u0085\\u00a0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000";
const WIDE_SPACE = new RegExp(`^[${SPACES}]$`);
const LEADING = new RegExp(`^[${SPACES}]+`);
const TRAILING = new RegExp(`[${SPACES}]+$`);

/** White space where BuildKit looks at bytes: around flags and the type of a HEALTHCHECK. */
export function isAsciiSpace(character: string): boolean {
  const code = character.charCodeAt(0);
  return code === 0x20 || (code >= 0x09 && code <= 0x0d);
}
// Nearly all text is ASCII, which needs no expression.
export const isSpace = (character: string): boolean =>
  isAsciiSpace(character) || (character > "\x7f" && WIDE_SPACE.test(character));
export const trimStart = (text: string): string =>
  isSpace(text.charAt(0)) ? text.replace(LEADING, "") : text;

export function trimEnd(text: string): string {
  return isSpace(text.charAt(text.length - 1)) ? text.replace(TRAILING, "") : text;
}
export const trim = (text: string): string => trimEnd(trimStart(text));

/** Cuts `text` at the first separator; the second part is undefined without one. */
export function cut(text: string, separator: string): readonly [before: string, after: string | undefined] {
  const at = text.indexOf(separator);
  return at < 0 ? [text, undefined] : [text.slice(0, at), text.slice(at + separator.length)];
}

/** Go's %q for the texts met here. */
export const quote = (text: string): string => {
  let out = '"';
  for (const c of text) out += QUOTED[c] ?? (isUnprintable(c) ? escapeUnprintable(c) : c);
  return `${out}"`;
};
const QUOTED: Readonly<Record<string, string>> = {
  '"': '\\"',
  "\\": "\\\\",
  "\x07": "\\a",
  "\b": "\\b",
  "\f": "\\f",
  "\n": "\\n",
  "\r": "\\r",
  "\t": "\\t",
  "\v": "\\v",
};
const PRINTABLE_ASCII = /^[ -~]$/;
const isUnprintable = (c: string): boolean =>
  !PRINTABLE_ASCII.test(c) && /^[\p{C}\p{Zl}\p{Zp}\p{Zs}]$/u.test(c);

function escapeUnprintable(c: string): string {
  const point = c.codePointAt(0) ?? 0;
  const hex = point.toString(16);
  if (point < 0x80) return `\\x${hex.padStart(2, "0")}`;
  return point < 0x10000 ? `\\u${hex.padStart(4, "0")}` : `\\U${hex.padStart(8, "0")}`;
}
