import assert from "node:assert/strict";
import { parseInterfaces, parseSystemCpu } from "../../../runtime/containers/stats.ts";

describe("runtime/containers/stats", () => {
  it("adds up the time of all processors without counting guests twice", () =>
    assert.deepEqual(parseSystemCpu("cpu  1 2 3 4 5 6 7 8 90 90\ncpu0 1 2\ncpu1 3 4\nintr 5\n"), {
      ns: 360_000_000,
      processors: 2,
    }));

  it("reads the counters of interfaces but not of the loopback", () => {
    const head =
      "Inter-|   Receive  |  Transmit\n face |bytes packets errs drop fifo frame compressed multicast|bytes\n";
    const dev = `${head}    lo: 9 9 9 9 0 0 0 0 9 9 9 9 0 0 0 0\n  eth0: 10 2 3 4 0 0 0 0 50 6 7 8 0 0 0 0\n`;
    assert.deepEqual(parseInterfaces(dev), [
      {
        name: "eth0",
        received: { bytes: 10, packets: 2, errors: 3, dropped: 4 },
        sent: { bytes: 50, packets: 6, errors: 7, dropped: 8 },
      },
    ]);
  });
});
