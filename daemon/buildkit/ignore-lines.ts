import { posix } from "node:path";

/** The patterns of an ignore file as a client takes them: clean, relative, exceptions with their "!". https://github.com/moby/patternmatcher/blob/main/ignorefile/ignorefile.go */
export function ignoreLines(text: string): readonly string[] {
  const plain = text.startsWith("\ufeff") ? text.slice(1) : text;
  return plain.split("\n").flatMap((line) => {
    if (line.startsWith("#")) return [];
    const trimmed = line.trim();
    if (trimmed === "") return [];
    const exception = trimmed.startsWith("!");
    const pattern = exception ? trimmed.slice(1).trim() : trimmed;
    if (pattern === "") return exception ? ["!"] : [];
    const clean = posix.normalize(pattern).replace(/(?<=.)\/$/, "");
    const relative = clean.length > 1 && clean.startsWith("/") ? clean.slice(1) : clean;
    return [exception ? `!${relative}` : relative];
  });
}
