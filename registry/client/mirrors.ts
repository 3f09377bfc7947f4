import { Failure } from "../../core/errors.ts";

/** Reads `--registry-mirror` URLs by dockerd's rules. Throws OPTION_INVALID. */
export const parseMirrors = (texts: readonly string[]): readonly URL[] =>
  texts.map((text) => parseBase("--registry-mirror", text));

/** The base URL of a registry: http or https, no query, no credentials. Throws OPTION_INVALID. */
export function parseBase(option: string, text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const plain = url !== undefined && url.search === "" && url.hash === "" && url.username === "";
  if (!plain || (url.protocol !== "https:" && url.protocol !== "http:"))
    throw new Failure("OPTION_INVALID", {
      option,
      got: text,
      want: "a URL such as https://mirror.example without user, query and fragment",
    });
  return url.href.endsWith("/") ? url : new URL(`${url.href}/`);
}
