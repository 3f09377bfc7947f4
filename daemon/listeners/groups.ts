/** The number of a group, by its name in the text of /etc/group or as a number. */
export function findGroup(groups: string, wanted: string): number | undefined {
  if (/^\d{1,9}$/.test(wanted)) return Number(wanted);
  for (const line of groups.split("\n")) {
    const [name, , gid] = line.split(":");
    if (name === wanted && gid !== undefined) return Number(gid);
  }
  return undefined;
}
