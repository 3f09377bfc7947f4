import type { Case } from "./case.ts";
import { writeContext } from "./context.ts";
import type { Web } from "./web.ts";

/** The value of the secret that cases take from the environment. */
export const SECRET = { DOCKERFILES_SECRET: "from the environment" } as const;

/** Writes the context of a case into the new directory `folder`, and returns its flags. */
export function place({ dockerfile, files, flags = [] }: Case, folder: string, web: Web): readonly string[] {
  const filled = (text: string): string =>
    text.replaceAll("{web}", web.origin).replaceAll("{commit}", web.commit).replaceAll("{context}", folder);
  writeContext(folder, filled(dockerfile), files);
  return flags.map(filled);
}

/** A text that an engine wrote, without the port of the server. */
export const unplaced = (text: string, web: Web): string => text.replaceAll(web.origin, "http://web");
