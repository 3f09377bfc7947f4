import { scenario } from "../scenario.ts";

export const builds = scenario("classic builds", [
  {
    command: "build -q -t cmp/built:1 -",
    stdin: 'FROM comparison/base\nRUN echo built >/built\nCMD ["cat","/built"]\n',
  },
  "run --rm --network none cmp/built:1",
  { command: "build -", stdin: "FROM comparison/base\nNOSUCH x\n", differs: "the line at fault is shown" },
  { command: "build -", stdin: "", differs: "the line at fault is shown" },
  { command: "build -t cmp/BAD -", stdin: "FROM comparison/base\n" },
  { command: "rmi cmp/built:1", differs: "steps are no images of their own: none is deleted by name" },
]);
