import { contextName, imageOfContext, isRemoteContext } from "../../core/build-context.ts";
import { isDigest } from "../../core/digest.ts";
import { Failure } from "../../core/errors.ts";
import { Undo } from "../../core/undo.ts";
import type { BuildRequest, BuildService, FetchOptions } from "../../engine/api.ts";
import { contextDirectory } from "../build-input.ts";
import type { Context } from "../context.ts";

export interface NamedContexts extends AsyncDisposable {
  readonly contexts: NonNullable<BuildRequest["contexts"]>;
}
type NamedContext = NamedContexts["contexts"][string];

const LAYOUT = "oci-layout://";

/** `--build-context NAME=DIRECTORY|docker-image://REFERENCE|oci-layout://PATH[:tag|@digest]|URL|git repository`. Rejects with OPTION_INVALID and as readBuildInput() does. */
export async function readNamedContexts(
  context: Context,
  flags: readonly string[],
  options: FetchOptions & { readonly builds: () => Promise<BuildService> },
): Promise<NamedContexts> {
  const undo = new Undo();
  try {
    const contexts: Record<string, NamedContext> = {};
    for (const text of flags) {
      const at = text.indexOf("=");
      if (at < 1)
        throw new Failure("OPTION_INVALID", { option: "--build-context", got: text, want: "NAME=SOURCE" });
      contexts[contextName(text.slice(0, at))] = await read(context, text.slice(at + 1), {
        ...options,
        undo,
      });
    }
    return { contexts, [Symbol.asyncDispose]: () => undo[Symbol.asyncDispose]() };
  } catch (error) {
    await undo[Symbol.asyncDispose]();
    throw error;
  }
}

async function read(
  context: Context,
  source: string,
  { builds, undo, ...options }: Parameters<typeof readNamedContexts>[2] & { readonly undo: Undo },
): Promise<NamedContext> {
  const reference = imageOfContext(source);
  if (reference !== undefined) return { kind: "image", reference };
  if (source.startsWith(LAYOUT)) return openLayout(context, source.slice(LAYOUT.length), builds);
  if (!isRemoteContext(source)) return { kind: "directory", path: contextDirectory(context, source) };
  const fetched = await (await builds()).fetchContext(source, options);
  undo.add(() => fetched[Symbol.asyncDispose]());
  return { kind: "directory", path: fetched.directory };
}

/** "PATH", "PATH:tag" or "PATH@digest". */
async function openLayout(
  context: Context,
  text: string,
  builds: () => Promise<BuildService>,
): Promise<NamedContext> {
  const [, path = "", tag, digest] = /^(.*?)(?::([^/:@]+))?(?:@([^/@]+))?$/.exec(text) ?? [];
  if (digest !== undefined && !isDigest(digest))
    throw new Failure("OPTION_INVALID", {
      option: "--build-context",
      got: `${LAYOUT}${text}`,
      want: `${LAYOUT}PATH[:tag|@sha256:<64 hex digits>]`,
    });
  const layout = await (await builds()).openLayout(contextDirectory(context, path), {
    ...(tag === undefined ? {} : { tag }),
    ...(digest === undefined ? {} : { digest }),
  });
  return { kind: "layout", layout };
}
