import { Failure } from "../../core/errors.ts";
import { formatReference, parseReference, withDefaultTag } from "../../core/reference.ts";
import { Undo } from "../../core/undo.ts";
import type { BuildRequest, BuildService, FetchOptions } from "../../engine/api.ts";
import { contextDirectory, isRemote } from "../build-input.ts";
import type { Context } from "../context.ts";

export interface NamedContexts extends AsyncDisposable {
  readonly contexts: NonNullable<BuildRequest["contexts"]>;
}
type NamedContext = NamedContexts["contexts"][string];

const IMAGE = "docker-image://";

/** `--build-context NAME=DIRECTORY|docker-image://REFERENCE|URL|git repository`. Rejects with OPTION_INVALID and as readBuildInput() does. */
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
      contexts[nameOf(text.slice(0, at))] = await read(context, text.slice(at + 1), { ...options, undo });
    }
    return { contexts, [Symbol.asyncDispose]: () => undo[Symbol.asyncDispose]() };
  } catch (error) {
    await undo[Symbol.asyncDispose]();
    throw error;
  }
}

/** A name that is an image's stands for it however that is written. */
function nameOf(text: string): string {
  if (!/[/:]/.test(text)) return text.toLowerCase();
  return formatReference(withDefaultTag(parseReference(text)));
}

async function read(
  context: Context,
  source: string,
  { builds, undo, ...options }: Parameters<typeof readNamedContexts>[2] & { readonly undo: Undo },
): Promise<NamedContext> {
  if (source.startsWith(IMAGE)) {
    const reference = withDefaultTag(parseReference(source.slice(IMAGE.length)));
    return { kind: "image", reference: formatReference(reference) };
  }
  if (source.startsWith("oci-layout://"))
    throw new Failure("OPTION_UNSUPPORTED", { option: `--build-context with an OCI layout (${source})` });
  if (!isRemote(source)) return { kind: "directory", path: await contextDirectory(context, source) };
  const fetched = await (await builds()).fetchContext(source, options);
  undo.add(() => fetched[Symbol.asyncDispose]());
  return { kind: "directory", path: fetched.directory };
}
