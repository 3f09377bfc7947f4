import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { after, before, describe, it } from "mocha";
import { PLACES, type Place } from "./support/places.ts";
import type { Slipway } from "./support/slipway.ts";

const FAILING = `FROM busybox AS src
RUN mkdir /data && echo from-src > /data/f
FROM busybox
ENV COLOR=blue
WORKDIR /w
USER 7
RUN --mount=from=src,source=/data,target=/data --mount=type=cache,target=/cache,mode=0777 \\
  --mount=type=secret,id=token,env=TOKEN touch /tmp/made; cat /data/f > /cache/c; exit 3
`;
/** The state has one program, and no shell. */
const SCRATCH = `FROM scratch
COPY --from=busybox /bin/busybox /tool
ENV HERE=yes
RUN ["/tool", "false"]
`;

for (const { title, open } of PLACES)
  describe(`a step that failed${title}`, () => {
    let place: Place;
    let slipway: Slipway;
    before(async function () {
      place = await open(this);
      ({ slipway } = place);
      mkdirSync(slipway.scratch.join("context"));
      writeFileSync(slipway.scratch.join("context/Dockerfile"), FAILING);
      writeFileSync(slipway.scratch.join("context/Scratch"), SCRATCH);
      writeFileSync(slipway.scratch.join("token"), "hunter2");
    });
    after(async () => place?.[Symbol.asyncDispose]());
    const fail = async (...flags: readonly string[]): Promise<string> => {
      const { code, err } = await place.run([
        "build",
        "-q",
        "--secret",
        "id=token,src=token",
        ...flags,
        "context",
      ]);
      assert.equal(code, 1, err);
      return err;
    };
    const LOOK = "id -u; pwd; ls /tmp; cat /data/f /cache/c; echo $COLOR $TOKEN; exit 5";

    it("is entered as it left things, with its mounts, user, directory and environment", async () => {
      assert.match(await fail(), /hint: enter what it left: slipway builds debug \w+\n/);
      const { code, out, err } = await place.run(["builds", "debug", "^0", "sh", "-c", LOOK]);
      assert.deepEqual([code, out], [5, "7\n/w\nmade\nfrom-src\nfrom-src\nblue\n"], err);
      assert.match(err, /not here any more: secret token/);
    });

    it("is entered by a shell that reads standard input, and has the secrets it is given", async () => {
      const { code, out, err } = await place.run(
        ["builds", "debug", "--secret", "id=token,src=token", "^0"],
        {
          stdin: LOOK,
        },
      );
      assert.equal(out, "7\n/w\nmade\nfrom-src\nfrom-src\nblue hunter2\n");
      assert.equal(code, 5);
      assert.match(err, /the step that failed: \/bin\/sh -c touch/);
    });

    it("is entered on a terminal", async () => {
      await using engine = await place.engine();
      const terminal = { columns: 81, rows: 23 };
      const command = ["sh", "-c", "tty; stty size; read answer; echo got $answer"];
      await using session = await engine.buildDebugger.debug("^0", { command, terminal });
      await session.write(Buffer.from("yes\n"));
      let text = "";
      for await (const { data } of session.output) text += Buffer.from(data).toString();
      for (const seen of ["/dev/pts/0\r\n", "23 81\r\n", "got yes\r\n"]) assert.ok(text.includes(seen), text);
      assert.equal(await session.wait(), 0);
    });

    it("ends with whoever entered it, whatever they read of it", async () => {
      await using engine = await place.engine();
      const command = ["sh", "-c", "echo in; sleep 1000"];
      const session = await engine.buildDebugger.debug("^0", {
        command,
        terminal: { columns: 80, rows: 24 },
      });
      for await (const { data } of session.output) if (Buffer.from(data).includes("in")) break;
      await session[Symbol.asyncDispose]();
      assert.equal(await session.wait(), 137);
    });

    it("lends a shell to an image that has none", async () => {
      await fail("-f", "context/Scratch");
      const { code, out } = await place.run(["builds", "debug", "^0"], {
        stdin: "echo $HERE; ls -d /tool; exit 6",
      });
      assert.deepEqual([code, out], [6, "yes\n/tool\n"]);
    });

    it("is entered at once with --on-error=shell, and the build has failed all the same", async () => {
      const argv = ["build", "-q", "--on-error=shell", "--secret", "id=token,src=token", "context"];
      const { code, out, err } = await place.run(argv, { stdin: "echo $TOKEN; ls /tmp" });
      assert.deepEqual([code, out], [1, "hunter2\nmade\n"]);
      assert.match(err, /exit code: 3/);
    });

    it("is forgotten with its build", async () => {
      const log = (await place.run(["builds", "logs", "^0"])).out;
      assert.match(log, /RUN .*touch \/tmp\/made[\s\S]*ERROR: .*exit code: 3/);
      const [former = ""] = (await place.run(["builds", "ls", "-q", "--filter", "status=error"])).out.split(
        "\n",
      );
      const fault = await place.run(["builds", "inspect", "--format", "{{.Status}} {{.Error.Line}}", former]);
      assert.equal(fault.out, "failed 7\n", fault.err);
      assert.deepEqual(await place.run(["builds", "rm", former]), { code: 0, out: `${former}\n`, err: "" });
      assert.match((await place.run(["builds", "inspect", former])).err, /no record of a build/);
      assert.equal((await place.run(["builds", "rm", "--all"])).code, 0);
      writeFileSync(slipway.scratch.join("context/Good"), "FROM busybox\n");
      assert.equal((await place.run(["build", "-q", "-f", "context/Good", "context"])).code, 0);
      assert.match((await place.run(["builds", "debug", "^0"])).err, /nothing is left of a failed step/);
      const { out } = await place.run(["system", "check"]);
      assert.match(out, /^Checked \d+ .*: no problem/m);
    });
  });
