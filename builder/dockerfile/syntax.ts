import { Failure } from "../../core/errors.ts";
import { detectSyntax } from "./directives.ts";

/** Frontends whose language is the built-in one, whatever mirror and version is named. */
const BUILT_IN = /^(?:(?:[^/]+\/)?docker\/dockerfile(?:-upstream)?|dockerfile\.v0)(?:[:@].*)?$/;

export interface SyntaxOptions {
  readonly file: string;
  /** BUILDKIT_SYNTAX among them goes before what the text declares. */
  readonly buildArgs: ReadonlyMap<string, string>;
}

/** Throws DOCKERFILE_UNSUPPORTED when a text declares to be written in another language than the built-in one. */
export function checkSyntax(text: string, { file, buildArgs }: SyntaxOptions): void {
  const given = buildArgs.get("BUILDKIT_SYNTAX");
  const declared = detectSyntax(text);
  const image = given === undefined ? declared?.image : given.split(" ", 1)[0];
  if (image === undefined || BUILT_IN.test(image)) return;
  const line = given === undefined ? (declared?.line ?? 0) : 0;
  throw new Failure(
    "DOCKERFILE_UNSUPPORTED",
    { file, line, endLine: line, what: `syntax ${image}` },
    { hint: "the language of docker/dockerfile is built in, other frontends cannot be run" },
  );
}
