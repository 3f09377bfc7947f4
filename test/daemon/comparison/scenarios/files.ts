import { scenario } from "../scenario.ts";

export const files = scenario("files of containers", [
  "run --name cmp-files --network none comparison/base sh -c 'mkdir -p /data/sub; echo text >/data/file; ln -s /data/file /link'",
  { command: "diff cmp-files", sorted: true },
  "cp cmp-files:/data/file fetched",
  "cp fetched cmp-files:/data/sent",
  "cp cmp-files:/data tree",
  "cp tree/. cmp-files:/copied",
  "cp tree/. cmp-files:/tmp",
  "cp cmp-files:/link linked",
  "cp cmp-files:/nosuch x",
  "cp nosuch cmp-files:/",
  "cp cmp-nope:/x fetched",
  "cp tree cmp-files:/data/file",
  "cp cmp-files:/a cmp-files:/b",
  { command: "diff cmp-files", sorted: true },
  "diff cmp-nope",
  "rm cmp-files",
]);
