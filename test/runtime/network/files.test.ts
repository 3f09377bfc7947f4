import assert from "node:assert/strict";
import {
  hostsFile,
  parseExtraHost,
  parseResolvConf,
  resolvConfFile,
} from "../../../runtime/network/files.ts";

const NOTHING = { Dns: [], DnsSearch: [], DnsOptions: [] };
const HOST =
  "# c\nnameserver 127.0.0.53\nnameserver 10.0.0.1 ; mine\nsearch a b\nsearch c.d\noptions edns0\n";

const resolv: readonly (readonly [
  title: string,
  host: string,
  wanted: Partial<typeof NOTHING> | Record<string, readonly string[]>,
  network: "private" | "host",
  want: string,
])[] = [
  ["leaves loopback resolvers out", HOST, {}, "private", "nameserver 10.0.0.1\nsearch c.d\noptions edns0\n"],
  [
    "keeps them in the host's network",
    HOST,
    {},
    "host",
    "nameserver 127.0.0.53\nnameserver 10.0.0.1\nsearch c.d\noptions edns0\n",
  ],
  [
    "falls back to public resolvers",
    "nameserver ::1\n",
    {},
    "private",
    "nameserver 8.8.8.8\nnameserver 8.8.4.4\n",
  ],
  [
    "takes what the container asks for",
    HOST,
    { Dns: ["1.1.1.1"], DnsSearch: ["."], DnsOptions: ["ndots:1"] },
    "private",
    "nameserver 1.1.1.1\noptions ndots:1\n",
  ],
  ["works without a host file", "", { DnsSearch: ["x"] }, "host", "search x\n"],
];

describe("runtime/network/files", () => {
  for (const [title, host, wanted, network, want] of resolv) {
    it(`resolv.conf ${title}`, () => {
      assert.equal(resolvConfFile(parseResolvConf(host), { ...NOTHING, ...wanted }, network), want);
    });
  }
  it("hosts names the container and the extra hosts", () => {
    const text = hostsFile({
      hostname: "web",
      domainname: "example.org",
      addresses: ["172.20.0.2"],
      gateway: "172.20.0.1",
      extraHosts: ["db:10.0.0.9", "host.docker.internal:host-gateway", "six=[fd00::1]"],
    });
    assert.deepEqual(text.split("\n").slice(6), [
      "10.0.0.9\tdb",
      "172.20.0.1\thost.docker.internal",
      "fd00::1\tsix",
      "172.20.0.2\tweb.example.org web",
      "",
    ]);
    assert.match(text, /^127\.0\.0\.1\tlocalhost\n::1\tlocalhost/);
  });
  for (const [entry, message] of [
    ["foo", 'bad format for add-host: "foo"'],
    [":1.2.3.4", 'bad format for add-host: ":1.2.3.4"'],
    ["foo:bar", 'invalid IP address in add-host: "bar"'],
  ] as const) {
    it(`refuses the extra host ${entry}`, () => assert.throws(() => parseExtraHost(entry), { message }));
  }
});
