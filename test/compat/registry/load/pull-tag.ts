import { type Entry, isSettled, type Ledger } from "./ledger.ts";
import { expect, Refused } from "./push-blob.ts";
import type { Wire } from "./wire.ts";

interface Document {
  readonly config?: Described;
  readonly layers?: readonly Described[];
  readonly manifests?: readonly Described[];
}
interface Described {
  readonly digest: string;
  readonly size: number;
}

/**
 * Pulls all a tag names and verifies it; a tag that was changed meanwhile may fail. Whoever pulls by digest, as clients do once they know the tag's
 * manifest, is served as long as the manifest is not deleted.
 */
export async function pullTag(wire: Wire, ledger: Ledger, entry: Entry): Promise<void> {
  const { digest, changes, repository, tag } = entry;
  if (digest === undefined) return;
  try {
    await pullManifest({ wire, ledger, repository }, tag, digest);
    await checkReferrers({ wire, ledger, repository }, digest);
    ledger.counts.pulled += 1;
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    if (isSettled(entry) && entry.changes === changes)
      ledger.failures.push(`pull ${repository}:${tag} (${digest}): ${error.message}`);
    else ledger.counts.overtaken += 1;
  }
}

interface From {
  readonly wire: Wire;
  readonly ledger: Ledger;
  readonly repository: string;
}

async function pullManifest(from: From, reference: string, want: string): Promise<void> {
  const { wire, repository } = from;
  const path = `/v2/${repository}/manifests/${reference}`;
  const { head, digest } = await expect(wire, [200], ["GET", path]);
  if (digest !== want) throw new Refused(`${path} has the digest ${digest}, expected ${want}`);
  const { config, layers = [], manifests = [] } = JSON.parse(head.toString()) as Document;
  for (const child of manifests) await pullManifest(from, child.digest, child.digest);
  for (const blob of config === undefined ? layers : [config, ...layers]) await pullBlob(from, blob);
}

async function pullBlob({ wire, ledger, repository }: From, want: Described): Promise<void> {
  const path = `/v2/${repository}/blobs/${want.digest}`;
  const { digest, size } = await expect(wire, [200], ["GET", path]);
  ledger.counts.bytesOut += size;
  if (digest !== want.digest || size !== want.size)
    throw new Refused(`${path} has ${size} bytes with the digest ${digest}, expected ${want.size}`);
}

async function checkReferrers({ wire, ledger, repository }: From, subject: string): Promise<void> {
  const known = [...(ledger.referrers.get(`${repository}@${subject}`) ?? [])];
  if (known.length === 0) return;
  const path = `/v2/${repository}/referrers/${subject}`;
  const { head } = await expect(wire, [200], ["GET", path]);
  const { manifests = [] } = JSON.parse(head.toString()) as Document;
  const listed = new Set(manifests.map(({ digest }) => digest));
  const missing = known.filter((digest) => !listed.has(digest));
  if (missing.length > 0) throw new Refused(`${path} does not list ${missing.join(", ")}`);
}
