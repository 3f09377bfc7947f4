/** Groups of management spellings, with what they manage; a group inside another is named by both words. */
export const GROUPS: Readonly<Record<string, string>> = {
  attest: "Read what is attested of images",
  builder: "Manage builds",
  builds: "Look at builds that were done",
  container: "Manage containers",
  context: "Manage contexts, which name daemons",
  image: "Manage images",
  manifest: "Manage image manifests and manifest lists",
  network: "Manage networks",
  registry: "Serve and care for a registry",
  "registry policy": "Manage who may do what in the registry",
  "registry token": "Manage passwords of machines for the registry",
  "registry user": "Manage users of the registry",
  system: "Manage Slipway",
  volume: "Manage volumes",
};

/** The groups directly inside a group, or at the top: the last word of their names and their summaries. */
export const groupsIn = (group: string): readonly (readonly [name: string, summary: string])[] =>
  Object.entries(GROUPS).flatMap(([name, summary]) => {
    const prefix = group === "" ? "" : `${group} `;
    const rest = name.slice(prefix.length);
    return name.startsWith(prefix) && rest !== "" && !rest.includes(" ") ? [[rest, summary] as const] : [];
  });

/** How many of the words name a group, and the groups it is in. */
export function groupDepth(words: readonly string[]): number {
  let depth = 0;
  while (depth < words.length && Object.hasOwn(GROUPS, words.slice(0, depth + 1).join(" "))) depth += 1;
  return depth;
}
