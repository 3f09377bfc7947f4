import { switchArgument } from "../../core/builder-arguments.ts";
import { isCode } from "../../core/errors.ts";
import type { ByteStream } from "../../core/streams.ts";
import { Undo } from "../../core/undo.ts";
import type {
  BuildEvent,
  BuildRequest,
  BuildService,
  FetchedContext,
  FetchOptions,
  ReceivedContext,
} from "../../engine/api.ts";
import type { FrontendRequest } from "./frontend-attrs.ts";
import { ignoreLines } from "./ignore-lines.ts";
import type { NamedContexts, NamedSource } from "./named-contexts.ts";
import { receivedFiles, type Wanted } from "./received-files.ts";
import { sessionLayout } from "./session-layout.ts";
import { sessionSecrets } from "./session-secrets.ts";
import type { Session } from "./sessions.ts";
import { type TransferTitle, transferStep } from "./transfer-step.ts";
import { uploadedFile } from "./uploaded-file.ts";

type IgnoreFile = NonNullable<BuildRequest["dockerfile"]["ignore"]>;

export interface InputParts {
  readonly builds: BuildService;
  readonly session: Session;
  readonly request: FrontendRequest;
  readonly report: (event: BuildEvent) => void;
  readonly signal: AbortSignal;
}
/** What is built, brought here. Disposing removes it. */
export interface BuildInput extends AsyncDisposable {
  readonly context: string;
  readonly dockerfile: BuildRequest["dockerfile"];
  /** Where the context came from, if that is another place. */
  readonly origin?: string;
}
/** With what stands for stages and images. */
export interface WholeInput extends BuildInput {
  readonly contexts: NamedContexts;
}

const IGNORE = ".dockerignore";

/**
 * Fetches the Dockerfile and the contexts from the client, or from where they are. Rejects with DOCKERFILE_UNREADABLE, SESSION_BROKEN,
 * CONTEXT_TOO_LARGE, GIT_FAILED, DOWNLOAD_FAILED.
 */
export async function fetchInput(parts: InputParts): Promise<WholeInput> {
  const undo = new Undo();
  try {
    const input = await fetchMain(parts);
    undo.add(() => input[Symbol.asyncDispose]());
    const contexts: Record<string, NamedContexts[string]> = {};
    for (const [name, source] of parts.request.contexts)
      contexts[name] = await fetchNamed(parts, source, undo);
    return { ...input, contexts, [Symbol.asyncDispose]: () => undo[Symbol.asyncDispose]() };
  } catch (error) {
    await undo[Symbol.asyncDispose]();
    throw error;
  }
}

function fetchMain(parts: InputParts): Promise<BuildInput> {
  const { upload, remote } = parts.request;
  if (remote !== undefined) return fetchRemote(parts, remote);
  return upload === undefined ? fetchFolders(parts) : fetchArchive(parts, upload);
}

async function fetchNamed(
  parts: InputParts,
  source: NamedSource,
  undo: Undo,
): Promise<NamedContexts[string]> {
  if (source.kind === "image") return source;
  if (source.kind === "layout") return { kind: "layout", layout: sessionLayout(parts.session, source) };
  const received =
    source.kind === "folder"
      ? await fetchFolder(parts, `load build context ${source.folder}`, {
          folder: source.folder,
          exclude: excluded(parts.request, []),
        })
      : await fetchFrom(parts, source.url);
  undo.add(() => received[Symbol.asyncDispose]());
  return { kind: "directory", path: received.directory };
}

const fetchFrom = (
  { builds, session, signal, report }: InputParts,
  url: string,
  options: Pick<FetchOptions, "keepGitDir"> = {},
): Promise<FetchedContext> =>
  transferStep(
    { id: `remote ${url}`, name: `[internal] load remote build context ${url}`, moving: "fetching" },
    report,
    () => builds.fetchContext(url, { ...options, signal, secrets: sessionSecrets(session) }),
  );

/** A URL may give the Dockerfile itself, with nothing around it. */
async function fetchRemote(
  parts: InputParts,
  { url, lendsDockerfile }: NonNullable<FrontendRequest["remote"]>,
): Promise<BuildInput> {
  const { filename: name, options } = parts.request;
  const keepGitDir = switchArgument(options.buildArgs, "BUILDKIT_CONTEXT_KEEP_GIT_DIR");
  const received = await fetchFrom(parts, url, { keepGitDir });
  try {
    const ignore = ignoreIn(received, name);
    const lent = lendsDockerfile ? await fetchDefinition(parts, `${name}${IGNORE}`) : undefined;
    const text = lent?.text ?? received.dockerfile ?? received.readText(name);
    return { ...inputOf(received, { name, text, ignore }), origin: url };
  } catch (error) {
    await received[Symbol.asyncDispose]();
    throw error;
  }
}

/** An archive holds the Dockerfile too. */
async function fetchArchive(parts: InputParts, path: string): Promise<BuildInput> {
  const { session, request, signal } = parts;
  const received = await receive(parts, "load remote build context", (report) =>
    uploadedFile(session, path, { report, signal }),
  );
  try {
    const name = request.filename;
    return inputOf(received, { name, text: received.readText(name), ignore: ignoreIn(received, name) });
  } catch (error) {
    await received[Symbol.asyncDispose]();
    throw error;
  }
}

async function fetchFolders(parts: InputParts): Promise<BuildInput> {
  const { filename: name, folders } = parts.request;
  const own = `${name}${IGNORE}`;
  const definition = await fetchDefinition(parts, own);
  const ignore =
    definition.ignore === undefined
      ? { name: IGNORE, text: (await fetchIgnore(parts)) ?? "" }
      : { name: own, text: definition.ignore };
  const exclude = excluded(parts.request, ignoreLines(ignore.text));
  const received = await fetchFolder(parts, "load build context", { folder: folders.context, exclude });
  return inputOf(received, { name, text: definition.text, ignore });
}

/** Who asks about a Dockerfile need not send the files. */
const excluded = ({ subrequest }: FrontendRequest, lines: readonly string[]): readonly string[] =>
  subrequest === undefined ? lines : ["**"];

async function fetchDefinition(parts: InputParts, own: string) {
  const { filename: name, folders } = parts.request;
  const follow = [name, own, name.toLowerCase()];
  await using folder = await fetchFolder(parts, `load build definition from ${name}`, {
    folder: folders.dockerfile,
    follow: [...new Set(follow)],
  });
  const lower = name === "Dockerfile" ? readIfThere(folder, "dockerfile") : undefined;
  const text = readIfThere(folder, name) ?? lower ?? folder.readText(name);
  return { text, ignore: readIfThere(folder, own) };
}

async function fetchIgnore(parts: InputParts): Promise<string | undefined> {
  const wanted = { folder: parts.request.folders.context, follow: [IGNORE] };
  await using folder = await fetchFolder(parts, `load ${IGNORE}`, wanted);
  return readIfThere(folder, IGNORE);
}

const fetchFolder = (parts: InputParts, title: string, wanted: Wanted): Promise<ReceivedContext> =>
  receive(parts, title, (report) => receivedFiles(parts.session, wanted, { report, signal: parts.signal }));

const receive = (
  { builds, report, signal }: InputParts,
  title: string,
  source: (report: (bytes: number) => void) => ByteStream,
): Promise<ReceivedContext> =>
  transferStep(shownAs(title), report, (progress) => builds.receive(source(progress), { signal }));

const shownAs = (title: string): TransferTitle => ({
  id: `client ${title}`,
  name: `[internal] ${title}`,
  moving: `transferring ${title.includes("definition") ? "dockerfile" : "context"}:`,
});

const inputOf = (received: ReceivedContext, dockerfile: BuildRequest["dockerfile"]): BuildInput => ({
  context: received.directory,
  dockerfile,
  [Symbol.asyncDispose]: () => received[Symbol.asyncDispose](),
});

/** The ignore file of the Dockerfile itself, else that of the context. */
function ignoreIn(received: ReceivedContext, dockerfile: string): IgnoreFile {
  const own = `${dockerfile}${IGNORE}`;
  const text = readIfThere(received, own);
  if (text !== undefined) return { name: own, text };
  return { name: IGNORE, text: readIfThere(received, IGNORE) ?? "" };
}

function readIfThere(folder: ReceivedContext, path: string): string | undefined {
  try {
    return folder.readText(path);
  } catch (error) {
    if (isCode(error, "DOCKERFILE_UNREADABLE")) return undefined;
    throw error;
  }
}
