const SCHEME = /^([a-z0-9]+):\/\//i;
/** user@host:path */
const SCP = /^[a-zA-Z0-9-]+@[a-zA-Z0-9.-]+:/;
const PATH_IS_GIT = /^[a-z]+:\/\/[^/?#]*[^?#]*\.git(?:[?#]|$)/i;

/** A git repository: by its protocol, an http(s) URL by a path that ends with ".git". */
export function isGitSource(source: string): boolean {
  const scheme = SCHEME.exec(source)?.[1]?.toLowerCase();
  if (scheme === undefined) return !/^\.\.?\//.test(source) && SCP.test(source);
  if (scheme === "http" || scheme === "https") return PATH_IS_GIT.test(source);
  return scheme === "git" || scheme === "ssh";
}

export const isHttpSource = (source: string): boolean => /^https?:\/\//.test(source) && !isGitSource(source);
export const isRemote = (source: string): boolean => isGitSource(source) || isHttpSource(source);
