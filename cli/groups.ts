/** Groups of management spellings, with what they manage. */
export const GROUPS: Readonly<Record<string, string>> = {
  builder: "Manage builds",
  container: "Manage containers",
  image: "Manage images",
  manifest: "Manage image manifests and manifest lists",
  network: "Manage networks",
  registry: "Serve and care for a registry",
  system: "Manage Slipway",
  volume: "Manage volumes",
};
