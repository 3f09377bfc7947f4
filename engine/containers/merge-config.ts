import type { ContainerConfig, Healthcheck } from "../../image/config.ts";

/**
 * What a container's configuration is, given the user's and the image's. Docker's rules: the user's value wins; maps are united; an
 * entrypoint of the user also drops the image's command; an entrypoint of [""] is none at all.
 */
export function mergeConfig(user: ContainerConfig, image: ContainerConfig): ContainerConfig {
  const { Entrypoint, Cmd } = mergeCommand(user, image);
  const health = mergeHealthcheck(user.Healthcheck, image.Healthcheck);
  const merged: ContainerConfig = {
    ...image,
    ...user,
    Env: mergeEnv(user.Env ?? [], image.Env ?? []),
    ExposedPorts: { ...image.ExposedPorts, ...user.ExposedPorts },
    Volumes: { ...image.Volumes, ...user.Volumes },
    Labels: { ...image.Labels, ...user.Labels },
    User: user.User || image.User || "",
    WorkingDir: user.WorkingDir || image.WorkingDir || "",
    StopSignal: user.StopSignal || image.StopSignal || "",
    Entrypoint,
    Cmd,
    ...(health === undefined ? {} : { Healthcheck: health }),
  };
  return merged;
}

function mergeCommand(
  user: ContainerConfig,
  image: ContainerConfig,
): { readonly Entrypoint: readonly string[] | null; readonly Cmd: readonly string[] | null } {
  const given = user.Entrypoint ?? undefined;
  if (given !== undefined && given.length > 0) {
    return { Entrypoint: given.length === 1 && given[0] === "" ? null : given, Cmd: user.Cmd ?? null };
  }
  const cmd = user.Cmd !== undefined && user.Cmd !== null && user.Cmd.length > 0 ? user.Cmd : image.Cmd;
  return { Entrypoint: given === undefined ? (image.Entrypoint ?? null) : null, Cmd: cmd ?? null };
}

/** The user's variables, then the image's that the user does not set. */
function mergeEnv(user: readonly string[], image: readonly string[]): readonly string[] {
  const nameOf = (entry: string) => entry.split("=", 1)[0] ?? "";
  const set = new Set(user.map(nameOf));
  return [...user, ...image.filter((entry) => !set.has(nameOf(entry)))];
}

/** A field of zero means "as the image has it". */
function mergeHealthcheck(
  user: Healthcheck | undefined,
  image: Healthcheck | undefined,
): Healthcheck | undefined {
  if (user === undefined || image === undefined) return user ?? image;
  const given = Object.entries(user).filter(([, value]) =>
    Array.isArray(value) ? value.length > 0 : value !== 0,
  );
  return { ...image, ...Object.fromEntries(given) };
}

/** What runs: the entrypoint with the command as its arguments; undefined when there is neither. */
export function commandOf(
  config: ContainerConfig,
): readonly [path: string, args: readonly string[]] | undefined {
  const [path, ...args] = [...(config.Entrypoint ?? []), ...(config.Cmd ?? [])];
  return path === undefined ? undefined : [path, args];
}
