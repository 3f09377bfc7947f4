import { readFile } from "node:fs/promises";
import { Failure } from "../../core/errors.ts";
import { isMissing } from "../../core/if-there.ts";
import { accessPaths } from "../../registry/access/access-paths.ts";
import type { RetentionRule } from "../../registry/care/retention.ts";
import type { Paths } from "../../store/paths.ts";
import type { RetentionRules } from "./api.ts";

/** The rules of the file, or of the state root's, which may be missing. Rejects with ACCESS_FILE_INVALID. */
export async function readRetention(
  file: string | undefined,
  paths: Pick<Paths, "registry">,
): Promise<readonly RetentionRule[]> {
  const path = file ?? accessPaths(paths.registry).retention;
  try {
    return await parseRetention({ file: path, text: await readFile(path, "utf8") });
  } catch (error) {
    if (!isMissing(error)) throw error;
    if (file === undefined) return [];
    throw new Failure("ACCESS_FILE_INVALID", { file, why: "no such file" });
  }
}

/** Rejects with ACCESS_FILE_INVALID. */
export async function parseRetention({ text, file }: RetentionRules): Promise<readonly RetentionRule[]> {
  const retention = await import("../../registry/care/retention-file.ts");
  return retention.parseRetention(text, file).rules;
}
