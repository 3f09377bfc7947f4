import assert from "node:assert/strict";
import { describe, it } from "mocha";
import { parseAddress } from "../../client/address.ts";
import { sshArguments } from "../../client/ssh.ts";
import { formatEngineAddress, type SshAddress } from "../../core/engine-address.ts";
import { isCode } from "../../core/errors.ts";

describe("a daemon's address", () => {
  const right: readonly [text: string, tls: boolean, whole: string][] = [
    ["unix:///run/x.sock", false, "unix:///run/x.sock"],
    ["tcp://10.0.0.1", false, "tcp://10.0.0.1:2375"],
    ["tcp://10.0.0.1", true, "tcp://10.0.0.1:2376"],
    ["tcp://host:80", false, "tcp://host:80"],
    ["http://host:80/prefix/", false, "tcp://host:80/prefix"],
    ["https://host", false, "tcp://host:2376"],
    ["tcp://[::1]:99", false, "tcp://[::1]:99"],
    ["ssh://host", true, "ssh://host"],
    ["ssh://me@host:22/run/x.sock", false, "ssh://me@host:22/run/x.sock"],
    ["ssh://[::1]", false, "ssh://[::1]"],
  ];
  for (const [text, tls, whole] of right)
    it(`is ${whole} in ${text}${tls ? " with TLS" : ""}`, () =>
      assert.equal(formatEngineAddress(parseAddress(text, tls)), whole));

  const wrong = [
    "",
    "host:2375",
    "/run/x.sock",
    "unix://x.sock",
    "tcp://",
    "tcp://h:99999",
    "tcp://u@h",
    "fd://",
    "tcp://h?x",
    "tcp://:2375",
    "ssh://",
    "ssh://me:secret@host",
    "ssh://-oProxyCommand=x@host",
  ];
  for (const text of wrong)
    it(`is none in ${JSON.stringify(text)}`, () =>
      assert.throws(
        () => parseAddress(text, false),
        (error) => isCode(error, "OPTION_INVALID"),
      ));

  it("by ssh is reached by the user's own program, which runs ours or docker's there", () => {
    const argv = sshArguments(parseAddress("ssh://me@host:2222/run/x.sock", false) as SshAddress);
    assert.deepEqual(argv.slice(0, -1), [
      "-l",
      "me",
      "-p",
      "2222",
      "-o",
      "ConnectTimeout=30",
      "-T",
      "--",
      "host",
    ]);
    assert.match(
      argv.at(-1) ?? "",
      /exec slipway -H unix:\/\/\/run\/x\.sock system dial-stdio; else exec docker -H/,
    );
  });

  it("by ssh has no path that a shell would read in its own way", () =>
    assert.throws(
      () => sshArguments({ kind: "ssh", host: "h", socket: "/run/x';true;'" }),
      (error) => isCode(error, "OPTION_INVALID"),
    ));
});
