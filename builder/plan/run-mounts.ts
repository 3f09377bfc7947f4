import { posix } from "node:path";
import { quote } from "../dockerfile/characters.ts";
import { secretId } from "../dockerfile/instructions/mount.ts";
import { Problem } from "../dockerfile/problem.ts";
import { absolute, clean } from "../dockerfile/resolve/stage-state.ts";
import type { RunStep as ResolvedRun } from "../dockerfile/resolved.ts";
import type { BindMount, CacheMount, PlannedMount, SecretMount, SshMount, TmpfsMount } from "./step.ts";

type Written = ResolvedRun["mounts"][number];

/** Gives what a mount shows its place in the plan. */
export interface Origins {
  /** What a bind mount shows. */
  bound(mount: Written, path: string): BindMount["from"];
  /** What a cache begins with: a copy of its own. */
  copied(mount: Written, path: string): BindMount["from"];
}

interface Surroundings {
  readonly origins: Origins;
  /** Keeps caches of the same id apart. */
  readonly cacheNamespace: string;
}
interface Place extends Surroundings {
  readonly cwd: string;
  /** Among the mounts of its type. */
  readonly index: number;
}

const PLANNERS: Readonly<Record<Written["type"], (mount: Written, place: Place) => PlannedMount>> = {
  bind,
  cache,
  tmpfs,
  secret,
  ssh,
};

/** Throws a Problem. https://docs.docker.com/reference/dockerfile/#run---mount */
export function planMounts(
  { mounts, cwd }: ResolvedRun,
  surroundings: Surroundings,
): readonly PlannedMount[] {
  return mounts.map((mount, i) => {
    const index = mounts.slice(0, i).filter(({ type }) => type === mount.type).length;
    return PLANNERS[mount.type](mount, { ...surroundings, cwd, index });
  });
}

/** A relative target begins at the working directory. Throws a Problem for the root. */
function targetOf(target: string, cwd: string): string {
  const path = clean(absolute(cwd, target));
  if (path === "/" || target === "") throw new Problem(`invalid mount target ${quote(target || "/")}`);
  return path;
}

const sourceOf = ({ source }: Written): string => clean(`/${source}`);

function bind(mount: Written, { cwd, origins }: Place): BindMount {
  const target = targetOf(mount.target, cwd);
  return { kind: "bind", target, from: origins.bound(mount, sourceOf(mount)), readOnly: mount.readOnly };
}

function cache(mount: Written, { cwd, origins, cacheNamespace }: Place): CacheMount {
  const target = targetOf(mount.target, cwd);
  const { mode, uid, gid, id, sharing = "shared", readOnly } = mount;
  const hasOwner = mode !== undefined || uid !== undefined || gid !== undefined;
  return {
    kind: "cache",
    target,
    id: `${cacheNamespace}/${id === "" ? posix.normalize(mount.target) : id}`,
    sharing,
    from: mount.from === "" ? undefined : origins.copied(mount, sourceOf(mount)),
    owner: hasOwner ? { mode: mode ?? 0o755, uid: uid ?? 0, gid: gid ?? 0 } : undefined,
    readOnly,
  };
}

function tmpfs({ target, sizeLimit, readOnly }: Written, { cwd }: Place): TmpfsMount {
  const bytes = sizeLimit === 0 ? {} : { bytes: sizeLimit };
  return { kind: "tmpfs", target: targetOf(target, cwd), readOnly, ...bytes };
}

/** A secret goes to a file unless it only goes to a variable. */
function secret(mount: Written, { cwd }: Place): SecretMount {
  const { target, env, required, mode = 0o400, uid = 0, gid = 0 } = mount;
  const id = secretId(mount);
  const file = target === "" ? `/run/secrets/${posix.basename(id)}` : targetOf(target, cwd);
  const onlyVariable = env !== undefined && target === "";
  return {
    kind: "secret",
    id,
    target: onlyVariable ? undefined : file,
    env,
    required,
    owner: { mode, uid, gid },
  };
}

function ssh({ source, target, id, required, mode, uid, gid }: Written, { cwd, index }: Place): SshMount {
  if (source !== "") throw new Problem("ssh does not support source");
  return {
    kind: "ssh",
    target: target === "" ? `/run/buildkit/ssh_agent.${index}` : targetOf(target, cwd),
    id: id || "default",
    required,
    owner: { mode: mode ?? 0o600, uid: uid ?? 0, gid: gid ?? 0 },
  };
}
