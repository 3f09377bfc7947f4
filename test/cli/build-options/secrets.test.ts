import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { readSecrets } from "../../../cli/build-options/secrets.ts";
import { Scratch } from "../../support/scratch.ts";

describe("build --secret", () => {
  const scratch = new Scratch();
  const surroundings = { cwd: scratch.path, env: { TOKEN: "of the environment", EMPTY: "" } };
  const valueFrom = async (flag: string, id: string): Promise<string | undefined> => {
    const value = await (await readSecrets([flag], surroundings))?.secret(id);
    return value === undefined ? undefined : Buffer.from(value).toString();
  };

  before(() => {
    writeFileSync(scratch.join("file"), "of the file");
    writeFileSync(scratch.join("big"), Buffer.alloc(500 * 1024 + 1));
  });
  after(() => scratch[Symbol.dispose]());

  const cases: readonly [flag: string, id: string, value: string | undefined][] = [
    ["id=a,src=file", "a", "of the file"],
    ["id=a,source=file", "a", "of the file"],
    ["id=a,env=TOKEN", "a", "of the environment"],
    ["id=a,type=env,src=TOKEN", "a", "of the environment"],
    ["id=a,type=file,src=file", "a", "of the file"],
    ["id=TOKEN", "TOKEN", "of the environment"],
    ["id=file", "file", "of the file"],
    ["id=a,env=EMPTY", "a", ""],
    ["id=a,env=ABSENT", "a", ""],
    ["id=a,src=file", "b", undefined],
  ];
  for (const [flag, id, value] of cases)
    it(`${flag} makes ${id} ${JSON.stringify(value)}`, async () =>
      assert.equal(await valueFrom(flag, id), value));

  const wrong: readonly [flag: string, message: RegExp][] = [
    ["src=file", /expected an id/],
    ["id=a,src=nowhere", /nowhere.* for --secret: expected a file that can be read for secret a/],
    ["id=a,src=big", /secret a has more than 512000 bytes/],
    ["id=a,nonsense=1", /there is no nonsense/],
    ["id=a,type=other", /expected type=file or type=env/],
    ["just-a-word", /expected key=value pairs/],
  ];
  for (const [flag, message] of wrong)
    it(`refuses ${flag}`, async () => assert.rejects(readSecrets([flag], surroundings), message));
});
