import assert from "node:assert/strict";
import { describe, it } from "mocha";
import { formatAddress, parseAddress } from "../../client/address.ts";
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
  ];
  for (const [text, tls, whole] of right)
    it(`is ${whole} in ${text}${tls ? " with TLS" : ""}`, () =>
      assert.equal(formatAddress(parseAddress(text, tls)), whole));

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
  ];
  for (const text of wrong)
    it(`is none in ${JSON.stringify(text)}`, () =>
      assert.throws(
        () => parseAddress(text, false),
        (error) => isCode(error, "OPTION_INVALID"),
      ));

  it("by ssh is refused with what to do instead", () =>
    assert.throws(
      () => parseAddress("ssh://me@host", false),
      (error) => isCode(error, "OPTION_UNSUPPORTED") && /forward the socket/.test(error.hint ?? ""),
    ));
});
