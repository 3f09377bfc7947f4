import type { Source } from "../context/source-root.ts";
import type { Add } from "../dockerfile/instructions/types.ts";
import { Problem } from "../dockerfile/problem.ts";
import { isGitSource, isRemote } from "../dockerfile/resolve/remote.ts";
import type { CopyStep as ResolvedCopy } from "../dockerfile/resolved.ts";
import { parseGitSource } from "../remote/git-url.ts";
import { fileNameOf } from "../remote/http.ts";
import type { RemoteSource } from "./step.ts";

export interface RemoteAt {
  readonly source: RemoteSource;
  readonly at: number;
}

const SHA256 = /^sha256:[0-9a-f]{64}$/;

/** What an ADD takes from elsewhere, and the position of each among its sources; empty for all others. Throws a Problem. */
export function remoteSources({ instruction, sources }: ResolvedCopy): readonly RemoteAt[] {
  if (instruction.kind !== "ADD") return [];
  return sources.flatMap((url, at) =>
    isRemote(url) ? [{ source: remoteSource(url, instruction), at }] : [],
  );
}

function remoteSource(url: string, { checksum, keepGitDir }: Add): RemoteSource {
  if (isGitSource(url)) return gitSource(url, { checksum, keepGitDir });
  if (!URL.canParse(url)) throw new Problem(`invalid URL ${JSON.stringify(url)}`);
  if (checksum !== "" && !SHA256.test(checksum))
    throw new Problem(`invalid checksum ${JSON.stringify(checksum)}, expected sha256:<64 hex digits>`);
  return { kind: "http", url, checksum };
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

/**
 * How a source of the context comes beside what was fetched: unpacked and with its own owners already, into a directory whose content is then
 * copied like the source. The pattern may match nothing, as that of the source may.
 */
export function besideFetched(
  { instruction }: ResolvedCopy,
  { source, at }: { readonly source: Source; readonly at: number },
) {
  return {
    pattern: `/[l]ocal-${at}`,
    copy: {
      sources: { list: [source], exclude: instruction.exclude },
      inline: [],
      target: `/local-${at}/`,
      chown: "",
      chmod: undefined,
      unpack: instruction.kind === "ADD" && instruction.unpack !== false,
    },
  };
}
