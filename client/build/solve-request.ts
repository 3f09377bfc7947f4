import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { basename } from "node:path";
import { annotationAttributes } from "../../core/annotations.ts";
import { isRemoteContext } from "../../core/build-context.ts";
import { formatPlatform } from "../../core/platform.ts";
import type { BuildRequest } from "../../engine/api.ts";
import { layoutStore } from "../../wire/buildkit/content.ts";
import type { SOLVE_REQUEST } from "../../wire/buildkit/control.ts";
import { isElsewhere } from "./contexts.ts";
import { hostFolder, type LentFolder, madeFolder } from "./folder.ts";
import type { LentStores } from "./lend-blobs.ts";
import { ownAttrs } from "./own-attrs.ts";
import type { BuildTools } from "./tools.ts";

type SolveRequest = Parameters<typeof SOLVE_REQUEST.encode>[0];

const FOLDERS = { context: "context", dockerfile: "dockerfile" } as const;
const IGNORE = ".dockerignore";

/** Whether the Dockerfile is here, and not with a context that is elsewhere. */
const isHere = (request: BuildRequest): boolean =>
  !isElsewhere(request) || request.dockerfile.path === undefined;

/** The name by which the daemon knows the Dockerfile: in its folder, or in the context that is elsewhere. */
const dockerfileName = (request: BuildRequest): string => {
  const { path, name } = request.dockerfile;
  return (isHere(request) ? basename(path ?? name) : name) || "Dockerfile";
};

/** The folders that a build may read: named contexts by their names too. */
export function foldersOf(request: BuildRequest): ReadonlyMap<string, LentFolder> {
  const { context, contexts = {}, dockerfile } = request;
  const name = dockerfileName(request);
  const own = dockerfile.path === undefined ? "" : `${dockerfile.path}${IGNORE}`;
  const ignore =
    dockerfile.ignore?.text ?? (own !== "" && existsSync(own) ? readFileSync(own, "utf8") : undefined);
  const made = { [name]: dockerfile.text, ...(ignore === undefined ? {} : { [`${name}${IGNORE}`]: ignore }) };
  const named = Object.entries(contexts).flatMap(([key, source]) =>
    source.kind === "directory" && !isRemoteContext(source.path)
      ? [[contextId(key), hostFolder(source.path)] as const]
      : [],
  );
  return new Map([
    ...(isElsewhere(request) ? [] : [[FOLDERS.context, hostFolder(context)] as const]),
    ...(isHere(request) ? [[FOLDERS.dockerfile, madeFolder(made)] as const] : []),
    ...named,
  ]);
}

/** Under what a named context is lent: of no other one, and no path. */
const contextId = (key: string): string =>
  `named-${createHash("sha256").update(key).digest("hex").slice(0, 16)}`;

/** The layouts that a build may read. */
export function layoutsOf({ contexts = {} }: BuildRequest, tools: BuildTools): LentStores {
  return new Map(
    Object.entries(contexts).flatMap(([name, source]) => {
      if (source.kind !== "layout") return [];
      if (source.layout.path === undefined) throw new TypeError("a layout that openLayout() did not open");
      const folder = tools.openFolder(source.layout.path);
      return [[layoutStore(contextId(name)), { folder, writable: false }] as const];
    }),
  );
}

/** moby.buildkit.v1.SolveRequest but for the session and the caches, for BuildKit's own Dockerfile frontend. https://github.com/moby/buildkit/blob/master/frontend/dockerui/config.go */
export function solveRequest(
  request: BuildRequest,
  { ref, attrs }: { readonly ref: string; readonly attrs: ReadonlyMap<string, string> },
): Omit<SolveRequest, "session" | "cache"> {
  return {
    ref,
    frontend: "dockerfile.v0",
    frontendAttrs: new Map([...frontendAttrs(request), ...attrs]),
    entitlements: [...(request.allow ?? [])],
    exporters: [
      {
        type: "moby",
        attrs: new Map([
          ...(request.tags.length === 0 ? [] : [["name", request.tags.join(",")] as const]),
          ...annotationAttributes(request.annotations ?? []),
        ]),
      },
    ],
  };
}

/** What the frontend is asked for. Attributes that only Slipway's daemon knows are among them when they are needed. */
function frontendAttrs(request: BuildRequest): ReadonlyMap<string, string> {
  const { target, platforms = [], sourceDateEpoch, network, extraHosts, context } = request;
  const { noCacheStages = [] } = request;
  const when = (holds: boolean, name: string, value: string) => (holds ? [[name, value] as const] : []);
  return new Map([
    ["filename", dockerfileName(request)],
    ...when(isElsewhere(request), "context", context),
    ...when(isElsewhere(request) && isHere(request), "dockerfilekey", FOLDERS.dockerfile),
    ...Object.entries(request.buildArgs).map(([name, value]) => [`build-arg:${name}`, value] as const),
    ...Object.entries(request.labels).map(([name, value]) => [`label:${name}`, value] as const),
    ...when(sourceDateEpoch !== undefined, "build-arg:SOURCE_DATE_EPOCH", String(sourceDateEpoch)),
    ...when(target !== undefined, "target", target ?? ""),
    ...when(platforms.length > 0, "platform", platforms.map(formatPlatform).join(",")),
    // Without a value it means every stage.
    ...when(request.noCache || noCacheStages.length > 0, "no-cache", noCacheStages.join(",")),
    ...when(request.pull, "image-resolve-mode", "pull"),
    ...when(network !== "default", "force-network-mode", network),
    ...when(extraHosts.length > 0, "add-hosts", extraHosts.map((host) => host.replace(":", "=")).join(",")),
    ...contextAttrs(request),
    ...ownAttrs(request),
  ]);
}

function contextAttrs({ contexts = {} }: BuildRequest): readonly (readonly [string, string])[] {
  return Object.entries(contexts).map(([name, source]) => {
    if (source.kind === "image") return [`context:${name}`, `docker-image://${source.reference}`];
    if (source.kind === "layout")
      return [`context:${name}`, `oci-layout://${contextId(name)}@${source.layout.digest}`];
    const lent = isRemoteContext(source.path) ? source.path : `local:${contextId(name)}`;
    return [`context:${name}`, lent];
  });
}
