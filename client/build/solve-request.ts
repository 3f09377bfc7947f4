import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { basename } from "node:path";
import { formatPlatform } from "../../core/platform.ts";
import type { BuildRequest } from "../../engine/api.ts";
import type { SOLVE_REQUEST } from "../../wire/buildkit/control.ts";
import { hostFolder, type LentFolder, madeFolder } from "./folder.ts";

type SolveRequest = Parameters<typeof SOLVE_REQUEST.encode>[0];

const FOLDERS = { context: "context", dockerfile: "dockerfile" } as const;
const IGNORE = ".dockerignore";

/** The name by which the daemon knows the Dockerfile. */
export const dockerfileName = ({ dockerfile }: BuildRequest): string =>
  basename(dockerfile.path ?? dockerfile.name) || "Dockerfile";

/** The folders that a build may read: named contexts by their names too. */
export function foldersOf(request: BuildRequest): ReadonlyMap<string, LentFolder> {
  const { context, contexts = {}, dockerfile } = request;
  const name = dockerfileName(request);
  const own = dockerfile.path === undefined ? "" : `${dockerfile.path}${IGNORE}`;
  const ignore =
    dockerfile.ignore?.text ?? (own !== "" && existsSync(own) ? readFileSync(own, "utf8") : undefined);
  const made = { [name]: dockerfile.text, ...(ignore === undefined ? {} : { [`${name}${IGNORE}`]: ignore }) };
  const named = Object.entries(contexts).flatMap(([key, source]) =>
    source.kind === "directory" ? [[folderName(key), hostFolder(source.path)] as const] : [],
  );
  return new Map([[FOLDERS.context, hostFolder(context)], [FOLDERS.dockerfile, madeFolder(made)], ...named]);
}

/** Of no other folder, and no path. */
const folderName = (key: string): string =>
  `named-${createHash("sha256").update(key).digest("hex").slice(0, 16)}`;

/** moby.buildkit.v1.SolveRequest for BuildKit's own Dockerfile frontend. https://github.com/moby/buildkit/blob/master/frontend/dockerui/config.go */
export function solveRequest(
  request: BuildRequest,
  { ref, session }: { readonly ref: string; readonly session: string },
): SolveRequest {
  return {
    ref,
    session,
    frontend: "dockerfile.v0",
    frontendAttrs: new Map(frontendAttrs(request)),
    entitlements: [...(request.allow ?? [])],
    exporters: [
      { type: "moby", attrs: new Map(request.tags.length === 0 ? [] : [["name", request.tags.join(",")]]) },
    ],
  };
}

function frontendAttrs(request: BuildRequest): readonly (readonly [string, string])[] {
  const { target, platforms = [], sourceDateEpoch, network, extraHosts, contexts = {} } = request;
  const when = (holds: boolean, name: string, value: string) => (holds ? [[name, value] as const] : []);
  return [
    ["filename", dockerfileName(request)],
    ...Object.entries(request.buildArgs).map(([name, value]) => [`build-arg:${name}`, value] as const),
    ...Object.entries(request.labels).map(([name, value]) => [`label:${name}`, value] as const),
    ...when(sourceDateEpoch !== undefined, "build-arg:SOURCE_DATE_EPOCH", String(sourceDateEpoch)),
    ...when(target !== undefined, "target", target ?? ""),
    ...when(platforms.length > 0, "platform", platforms.map(formatPlatform).join(",")),
    ...when(request.noCache, "no-cache", ""),
    ...when(request.pull, "image-resolve-mode", "pull"),
    ...when(network !== "default", "force-network-mode", network),
    ...when(extraHosts.length > 0, "add-hosts", extraHosts.map((host) => host.replace(":", "=")).join(",")),
    ...Object.entries(contexts).map(([name, source]) => {
      const value =
        source.kind === "image" ? `docker-image://${source.reference}` : `local:${folderName(name)}`;
      return [`context:${name}`, value] as const;
    }),
  ];
}
