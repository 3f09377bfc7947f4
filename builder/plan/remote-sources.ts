import { Problem } from "../dockerfile/problem.ts";
import { isGitSource, isRemote } from "../dockerfile/resolve/remote.ts";
import type { CopyStep as ResolvedCopy } from "../dockerfile/resolved.ts";
import { parseGitSource } from "../remote/git-url.ts";
import { fileNameOf } from "../remote/http.ts";
import type { RemoteSource } from "./step.ts";

const SHA256 = /^sha256:[0-9a-f]{64}$/;

/** What an ADD takes from elsewhere; empty for all others. Throws a Problem. */
export function remoteSources({ instruction, sources }: ResolvedCopy): readonly RemoteSource[] {
  if (instruction.kind !== "ADD" || !sources.some(isRemote)) return [];
  const { checksum, keepGitDir } = instruction;
  if (!sources.every(isRemote) || instruction.inline.length > 0)
    throw new Problem("remote and local sources in one ADD are not supported, write an ADD for each");
  return sources.map((url): RemoteSource => {
    if (isGitSource(url)) return gitSource(url, { checksum, keepGitDir });
    if (!URL.canParse(url)) throw new Problem(`invalid URL ${JSON.stringify(url)}`);
    if (checksum !== "" && !SHA256.test(checksum))
      throw new Problem(`invalid checksum ${JSON.stringify(checksum)}, expected sha256:<64 hex digits>`);
    return { kind: "http", url, checksum };
  });
}

function gitSource(
  url: string,
  { checksum, keepGitDir }: { readonly checksum: string; readonly keepGitDir: boolean | undefined },
): RemoteSource {
  const source = parseGitSource(url);
  if (checksum !== "" && source.checksum !== "" && checksum !== source.checksum)
    throw new Problem(`checksum mismatch ${JSON.stringify(checksum)} != ${JSON.stringify(source.checksum)}`);
  return {
    ...source,
    checksum: checksum === "" ? source.checksum : checksum,
    keepGitDir: keepGitDir ?? source.keepGitDir,
  };
}

/** Where in the layer of a fetch the source at an index is. */
export const fetchedPath = (source: RemoteSource, i: number): string =>
  source.kind === "git" ? `/${i}` : `/${i}/${fileNameOf(source.url)}`;
