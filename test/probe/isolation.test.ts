import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { Slipway } from "../e2e/support/slipway.ts";

// What Docker Engine 28 gave the same program in a default container of the same image. To record it anew:
//   docker run --rm -i busybox sh < test/probe/isolation.sh > test/probe/recorded/docker.txt
const here = (name: string): URL => new URL(name, import.meta.url);

/** Files that only some kernels have: what both sides found is compared. */
const OF_THE_KERNEL = /^\/(proc|sys)\//;
/** Inherited from whoever runs the engine, or the way this machine mounts control groups. */
const OF_THE_MACHINE = /^(limit |\/sys\/fs\/cgroup )/;

/** Where this engine is not as Docker is, and why. */
const DIFFERENCES: Readonly<Record<string, string>> = {
  "/dev/core": "runc leaves the link out where the kernel has no /proc/kcore; here it leads nowhere then",
};

const subject = (fact: string): string => fact.split(" ", 1)[0] ?? "";

/** The facts that can be compared with the other side's. */
function comparable(facts: readonly string[], others: readonly string[]): readonly string[] {
  const known = new Set(others.map(subject));
  return facts.filter((fact) => {
    if (OF_THE_MACHINE.test(fact)) return false;
    if (Object.keys(DIFFERENCES).some((start) => fact.startsWith(start))) return false;
    return !OF_THE_KERNEL.test(fact) || known.has(subject(fact));
  });
}

const factsOf = (text: string): readonly string[] => text.trimEnd().split("\n");

describe("a default container", () => {
  let slipway: Slipway;
  before(async function () {
    slipway = await Slipway.open(this);
  });
  after(() => slipway?.[Symbol.asyncDispose]());

  it("is isolated as Docker's is in every fact a probe inside it finds", async () => {
    const docker = factsOf(readFileSync(here("recorded/docker.txt"), "utf8"));
    const stdin = readFileSync(here("isolation.sh"));
    const ours = factsOf(await slipway.ok(["run", "--rm", "-i", "busybox", "sh"], { stdin }));
    assert.ok(ours.length > 40, `the probe ended early:\n${ours.join("\n")}`);
    assert.deepEqual(comparable(ours, docker), comparable(docker, ours));
  });
});
