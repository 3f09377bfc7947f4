import assert from "node:assert/strict";
import { modeChange } from "../../../builder/steps/copy/file-mode.ts";

const cases: readonly (readonly [symbolic: string, file: string, executable: string, directory: string])[] = [
  // what 0640, 0750 and a directory of 0700 become
  ["u=rwX,go=rX", "644", "755", "755"],
  ["+x", "751", "751", "711"],
  ["a+x", "751", "751", "711"],
  ["g=u", "660", "770", "770"],
  ["o=g,g=", "604", "705", "700"],
  ["a-x", "640", "640", "600"],
  ["-X", "640", "640", "600"],
  ["u+s", "4640", "4750", "4700"],
  ["+s", "6640", "6750", "6700"],
  ["o+s", "640", "750", "700"],
  ["+t", "1640", "1750", "1700"],
  ["o+t", "640", "750", "700"],
  ["a=", "0", "0", "0"],
  ["=", "0", "0", "0"],
  ["u=rw,go=rX", "644", "655", "655"],
  ["ug+w,o+r", "664", "774", "724"],
  ["u+x-r", "340", "350", "300"],
  ["go+u", "666", "777", "777"],
];

describe("--chmod in symbols", () => {
  for (const [symbolic, file, executable, directory] of cases) {
    it(`${symbolic} makes 0640 to 0${file}, 0750 to 0${executable}, and a directory's 0700 to 0${directory}`, () => {
      const change = modeChange({ symbolic });
      const results = [change(0o640, "file"), change(0o750, "file"), change(0o700, "dir")];
      assert.deepEqual(
        results.map((mode) => mode.toString(8)),
        [file, executable, directory],
      );
    });
  }

  for (const symbolic of ["", "x", "u", "z+x", "u+q", "u=rw,", ",u+x", "u+x g+x", "u=rg"]) {
    it(`refuses ${JSON.stringify(symbolic)}`, () => {
      assert.throws(() => modeChange({ symbolic }), { code: "OPTION_INVALID" });
    });
  }

  it("is the same for everything in octal", () => {
    const change = modeChange({ bits: 0o4711 });
    assert.deepEqual([change(0o640, "file"), change(0o1777, "dir")], [0o4711, 0o4711]);
  });
});
