import { Failure } from "../../core/errors.ts";

/** Reads `--registry-mirror` URLs by dockerd's rules: http or https, no query, no credentials. Throws OPTION_INVALID. */
export function parseMirrors(texts: readonly string[]): readonly URL[] {
  return texts.map((text) => {
    const url = URL.canParse(text) ? new URL(text) : undefined;
    const plain = url !== undefined && url.search === "" && url.hash === "" && url.username === "";
    if (!plain || (url.protocol !== "https:" && url.protocol !== "http:"))
      throw new Failure("OPTION_INVALID", {
        option: "--registry-mirror",
        got: text,
        want: "a URL such as https://mirror.example without user, query and fragment",
      });
    return url.href.endsWith("/") ? url : new URL(`${url.href}/`);
  });
}
