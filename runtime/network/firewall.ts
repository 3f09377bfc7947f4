import { execFile } from "node:child_process";
import { Failure } from "../../core/errors.ts";
import type { Family } from "./addresses.ts";
import {
  compileNameTranslation,
  compilePassage,
  compileRemoval,
  compileRuleset,
  type Ruleset,
} from "./rules.ts";

/** The packet rules of bridges. Every method rejects with FIREWALL_FAILED when nftables is missing or refuses. */
export interface Firewall {
  /** Makes the rules of a bridge exactly these, in one transaction. */
  apply(ruleset: Ruleset): Promise<void>;
  /** Of the families its network has. Idempotent. */
  remove(bridge: string, families: readonly Family[]): Promise<void>;
}

const FOREIGN_CHAINS = ["DOCKER-USER", "FORWARD"];

/** The rules by the nft program, which is only run when rules change. */
export function createFirewall(program = "nft"): Firewall {
  return {
    async apply(ruleset) {
      await nft(program, ["-f", "-"], { what: "setting packet rules", input: compileRuleset(ruleset) });
      await openForeignChain(program, 4, ruleset.bridge);
      if (ruleset.subnet6 !== undefined) await openForeignChain(program, 6, ruleset.bridge);
    },
    async remove(bridge, families) {
      const input = compileRemoval(bridge, families);
      await nft(program, ["-f", "-"], { what: "removing packet rules", input });
      for (const family of families) await closeForeignChains(program, family, bridge);
    },
  };
}

/** Translates what the processes in the network namespace of `pid` send to the domain port of `address`. Rejects with FIREWALL_FAILED. */
export async function translateNames(
  pid: number,
  address: string,
  ports: { readonly udp: number; readonly tcp: number },
): Promise<void> {
  const args = [`--net=/proc/${pid}/ns/net`, "nft", "-f", "-"];
  await nft("nsenter", args, { what: "serving names", input: compileNameTranslation(address, ports) });
}

const FILTERS: Readonly<Record<Family, string>> = { 4: "ip filter", 6: "ip6 filter" };

async function listChain(program: string, family: Family, chain: string): Promise<string | undefined> {
  try {
    return await nft(program, ["-a", "list", "chain", ...FILTERS[family].split(" "), chain], {
      what: "reading packet rules",
    });
  } catch {
    return undefined;
  }
}

const mentions = (listing: string, bridge: string): boolean => listing.includes(`"${bridge}"`);

/** Docker leaves its chain DOCKER-USER to others; without Docker a dropping FORWARD is some other firewall's. */
async function openForeignChain(program: string, family: Family, bridge: string): Promise<void> {
  const forward = await listChain(program, family, "FORWARD");
  if (forward === undefined || !forward.includes("policy drop")) return;
  for (const chain of FOREIGN_CHAINS) {
    const listing = await listChain(program, family, chain);
    if (listing === undefined) continue;
    if (mentions(listing, bridge)) return;
    return void (await nft(program, ["-f", "-"], {
      what: `passing the chain ${chain} of ${FILTERS[family]}`,
      input: compilePassage(family, chain, bridge),
    }));
  }
}

async function closeForeignChains(program: string, family: Family, bridge: string): Promise<void> {
  for (const chain of FOREIGN_CHAINS) {
    const listing = await listChain(program, family, chain);
    const rules = (listing ?? "").split("\n").filter((line) => mentions(line, bridge));
    const handles = rules.flatMap((line) => /# handle (\d+)$/.exec(line)?.[1] ?? []);
    if (handles.length === 0) continue;
    const filter = FILTERS[family];
    const input = handles.map((handle) => `delete rule ${filter} ${chain} handle ${handle}\n`).join("");
    await nft(program, ["-f", "-"], { what: `cleaning the chain ${chain} of ${filter}`, input });
  }
}

function nft(
  program: string,
  args: readonly string[],
  { what, input }: { readonly what: string; readonly input?: string },
): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = execFile(program, args, (error, stdout, stderr) => {
      if (error === null) return resolve(stdout);
      const absent = (error as NodeJS.ErrnoException).code === "ENOENT";
      const why = absent ? `the program ${program} is not installed` : (firstError(stderr) ?? error.message);
      const hint = absent ? { hint: "install it with: apt-get install nftables" } : {};
      reject(new Failure("FIREWALL_FAILED", { what, why }, { cause: error, ...hint }));
    });
    // A program that could not start or ended early closes its end; the callback above says so.
    child.stdin?.on("error", () => undefined);
    child.stdin?.end(input);
  });
}

const firstError = (stderr: string): string | undefined =>
  stderr
    .split("\n")
    .find((line) => line.includes("Error:"))
    ?.replace(/^.*Error: /, "");
