import { scenario } from "../scenario.ts";

export const makingImages = scenario("making images", [
  "run --name cmp-maker --network none comparison/base sh -c 'echo made >/made'",
  "diff cmp-maker",
  "commit cmp-maker cmp/made:1",
  "run --rm --network none cmp/made:1 cat /made",
  "commit -m 'with words' -a 'Ann <ann@example.com>' -c 'CMD [\"cat\",\"/made\"]' -c 'ENV WHO=ann' cmp-maker cmp/made:2",
  "run --rm --network none cmp/made:2",
  "image inspect -f '{{.Author}} {{.Comment}} {{json .Config.Cmd}}' cmp/made:2",
  "history --format '{{.CreatedBy}} {{.Comment}}' cmp/made:2",
  { command: "commit -c 'FROM x' cmp-maker cmp/made:3", differs: "what was expected is said" },
  "commit cmp-nope cmp/made:4",
  "commit cmp-maker cmp/Made",
  "export -o root.tar cmp-maker",
  "export cmp-nope -o nope.tar",
  'import -m imported -c \'CMD ["cat","/made"]\' root.tar cmp/imported:1',
  "run --rm --network none cmp/imported:1",
  "image inspect -f '{{.Comment}}' cmp/imported:1",
  "import nope.tar cmp/imported:2",
  "rm cmp-maker",
  {
    command: "rmi cmp/made:1 cmp/made:2 cmp/imported:1",
    differs: "layers are no images of their own: none is deleted by name",
  },
]);
